# What a worker asks of a host whose system it archives: sh archive.sh COMMAND ARGUMENT...
# Its directory, /var/zoneflash/archive, holds this text, the name of the version that is being made, and the journal: what is
# done to a zone stands there before it is done. `sh /var/zoneflash/archive/archive.sh repair` takes it back, also by hand.

archive_main() {
  open_alone "`dirname "$0"`" || return 1
  zf_captured=`dirname "$zf_state"`/captured
  main_command=$1
  shift
  case $main_command in
    halt | detach)
      echo $$ >"$zf_state/pid"
      "archive_$main_command" "$@"
      ;;
    keep | repair) "archive_$main_command" "$@" ;;
    *)
      complain "archive.sh has no command '$main_command'"
      false
      ;;
  esac
  main_status=$?
  rm -rf "$zf_work"
  if [ "$main_command" = repair ] && [ "$main_status" -eq 0 ]; then rm -rf "$zf_state"; fi
  return "$main_status"
}

note() { # KIND ZONE: to the journal, once
  if grep "^$1 $2\$" "$zf_state/journal" >/dev/null 2>&1; then return 0; fi
  echo "$1 $2" >>"$zf_state/journal"
}

archive_keep() { # NAME: standard input goes into the archive as /var/zoneflash/captured/NAME
  set_captures_aside || return 1
  mkdir -p "$zf_captured" && chmod 700 "$zf_captured" && cat >"$zf_captured/$1.new" &&
    mv "$zf_captured/$1.new" "$zf_captured/$1"
}

set_captures_aside() { # those that this host was installed with are its own, and come back with the repair
  if [ -f "$zf_state/keeps" ]; then return 0; fi
  if [ -d "$zf_captured" ]; then mv "$zf_captured" "$zf_state/captured" || return 1; fi
  cat /dev/null >"$zf_state/keeps"
}

take_captures_back() { # the mark goes before the own ones are back: a repeated repair would remove them
  if [ -f "$zf_state/keeps" ]; then rm -rf "$zf_captured" && rm -f "$zf_state/keeps" || return 1; fi
  if [ -d "$zf_state/captured" ]; then mv "$zf_state/captured" "$zf_captured"; fi
}

archive_halt() { # HOW SECONDS ZONE...: one after the other, in this order
  archive_how=$1
  archive_seconds=$2
  shift
  shift
  for archive_zone in "$@"; do
    note halt "$archive_zone" || return 1
    # of a run before this one
    if is_in_state "$archive_zone" configured; then continue; fi
    shut_down_zone "$archive_zone" "$archive_seconds" "$archive_how" || return 1
    is_in_state "$archive_zone" installed || {
      complain "zone $archive_zone is `zone_state "$archive_zone"`, expected installed"
      return 1
    }
  done
}

archive_detach() { # ZONE...
  for archive_zone in "$@"; do
    archive_path=`zone_place "$archive_zone"`
    if is_in_state "$archive_zone" configured && [ -f "$archive_path/SUNWdetached.xml" ]; then continue; fi
    note detach "$archive_zone" && patiently "$archive_zone" detach || return 1
  done
}

zone_place() { # ZONE: prints its zonepath
  zoneadm -z "$1" list -p 2>/dev/null | cut -d: -f4
}

patiently() { # ZONE ZONEADM-WORD...: an operation that a dead worker began is waited for
  patient_zone=$1
  shift
  patient_tries=0
  while :; do
    zoneadm -z "$patient_zone" "$@" >"$zf_work/said" 2>&1
    patient_status=$?
    if [ "$patient_status" -eq 0 ]; then return 0; fi
    if grep 'operation in progress' "$zf_work/said" >/dev/null && [ "$patient_tries" -lt 60 ]; then :; else
      cat "$zf_work/said" >&2
      return "$patient_status"
    fi
    sleep 1
    patient_tries=`expr "$patient_tries" + 1`
  done
}

end_lingering() { # what a dead worker began would go on under our hands; it ends when its zoneadm has
  linger_pid=`cat "$zf_state/pid" 2>/dev/null`
  linger_tries=0
  while [ -n "$linger_pid" ] && ps -o args -p "$linger_pid" 2>/dev/null | grep 'archive\.sh' >/dev/null; do
    kill "$linger_pid" 2>/dev/null
    if [ "$linger_tries" -ge 600 ]; then
      complain "process $linger_pid of an earlier try does not end"
      return 1
    fi
    sleep 1
    linger_tries=`expr "$linger_tries" + 1`
  done
}

archive_repair() { # every zone as it was found; one that resists does not keep the others
  end_lingering || return 1
  repair_status=0
  if [ -f "$zf_state/journal" ]; then
    repair_zones=`sed -n 's/^detach //p' "$zf_state/journal"`
    for repair_zone in $repair_zones; do
      attach_again "$repair_zone" || repair_status=1
    done
    # halted last, booted first
    repair_zones=`sed -n 's/^halt //p' "$zf_state/journal" | sed -n '1!G;h;$p'`
    for repair_zone in $repair_zones; do
      boot_again "$repair_zone" || repair_status=1
    done
  fi
  if [ "$repair_status" -eq 0 ]; then take_captures_back || repair_status=1; fi
  return "$repair_status"
}

attach_again() { # ZONE: it was installed when it was detached
  case `zone_state "$1"` in
    configured) ;;
    '' | incomplete)
      complain "zone $1 is not detached any more: its state is '`zone_state "$1"`'"
      return 1
      ;;
    *) return 0 ;;
  esac
  again_path=`zone_place "$1"`
  if patiently "$1" attach; then :; elif [ -f "$again_path/SUNWdetached.xml" ]; then
    # this very host had it attached a moment ago: what is compared has not changed
    patiently "$1" attach -F
  fi
  if is_in_state "$1" configured; then
    complain "zone $1 could not be attached again"
    return 1
  fi
  echo "zone $1 is attached again"
}

boot_again() { # ZONE: it ran
  case `zone_state "$1"` in
    running) return 0 ;;
    installed | ready) patiently "$1" boot || return 1 ;;
    *)
      complain "zone $1 ran before, but is not installed: its state is '`zone_state "$1"`'"
      return 1
      ;;
  esac
  echo "zone $1 is booted again"
}
