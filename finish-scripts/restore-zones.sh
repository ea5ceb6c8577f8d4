# The zones that a system was archived with become zones again, in the order in which they booted. Reads z_*, set by
# zf_captured_N. What was done is remembered in $zf_state/restored/ZONE; a zone that is not of the capture is never touched.

restore_main() { # by itself, not as a part of an install
  exec </dev/null
  open_alone "${ZONEFLASH_STATE:-/var/zoneflash}" || return 1
  restore_zones
  restore_status=$?
  rm -rf "$zf_work"
  return "$restore_status"
}

restore_zones() { # one that fails does not keep the others
  restore_failed=
  restore_number=1
  while [ "$restore_number" -le "$zf_captured_count" ]; do
    z_state=
    z_held=
    z_sources=
    z_interfaces=
    z_attach=
    z_was_running=
    z_autoboot=
    "zf_captured_$restore_number"
    restore_zone || restore_failed="$restore_failed $z_name"
    restore_number=`expr "$restore_number" + 1`
  done
  [ -z "$restore_failed" ] || {
    complain "not restored:$restore_failed"
    return 1
  }
}

restored() { # WHAT: whether this zone has come so far
  [ -f "$zf_state/restored/$z_name/$1" ]
}

mark_restored() { # WHAT
  mkdir -p "$zf_state/restored/$z_name" && cat /dev/null >"$zf_state/restored/$z_name/$1"
}

restore_zone() {
  if restored finished; then
    echo "zone $z_name was restored before"
    return 0
  fi
  if [ -n "$z_held" ]; then
    echo "zone $z_name is left as it is until this is looked after and allowed:"
    cat <<END
$z_held
END
    return 0
  fi
  if is_strange_zone; then
    echo "zone $z_name is here already (state `zone_state "$z_name"`) and not of the capture: it is left alone"
    return 0
  fi
  if check_captured && restore_configuration && restore_attached && restore_running; then
    mark_restored finished
    return
  fi
  complain "zone $z_name was not restored"
  return 1
}

is_strange_zone() { # a configured one whose capture came with the system is its own; so is one that an earlier run began
  strange_state=`zone_state "$z_name"`
  if [ -z "$strange_state" ] || restored begun; then return 1; fi
  if [ "$strange_state" = configured ] && [ -f "$zf_state/captured/$z_name.cfg" ]; then return 1; fi
  return 0
}

check_captured() { # what the zone needs of this host, before anything is changed
  if [ "$z_state" = installed ] && [ ! -d "$z_path/root" ]; then
    complain "its files are not here: there is no $z_path/root"
    return 1
  fi
  cat >"$zf_work/sources" <<END
$z_sources
END
  # the loop reads a file, so it may run in a shell of its own: what is missing goes through another
  while read needed_directory; do
    if [ -n "$needed_directory" ] && [ ! -d "$needed_directory" ] && [ ! -f "$needed_directory" ]; then echo "$needed_directory"; fi
  done <"$zf_work/sources" >"$zf_work/missing"
  if [ -s "$zf_work/missing" ]; then
    complain 'it shows directories that this host does not have, make them first:'
    cat "$zf_work/missing" >&2
    return 1
  fi
  have ifconfig || return 0
  for needed_interface in $z_interfaces; do
    ifconfig "$needed_interface" >/dev/null 2>&1 || {
      complain "there is no interface $needed_interface here: map it, --map $needed_interface=NAME"
      return 1
    }
  done
}

restore_configuration() {
  if restored configured && is_configured "$z_name"; then return 0; fi
  mark_restored begun || return 1
  # as it came with the system, or half made by a run that died
  if is_configured "$z_name"; then zonecfg -z "$z_name" delete -F || return 1; fi
  cat >"$zf_work/zonecfg" <<END
$z_zonecfg
END
  zonecfg -z "$z_name" -f "$zf_work/zonecfg" && is_configured "$z_name" || return 1
  mark_restored configured
}

restore_attached() {
  if [ "$z_state" != installed ]; then
    echo "zone $z_name is configured, as it was"
    return 0
  fi
  is_in_state "$z_name" configured || return 0
  # the zonepath's owner and mode, which not every archiver keeps
  chown 0:0 "$z_path" && chmod 700 "$z_path" || return 1
  case $z_attach in
    update) zoneadm -z "$z_name" attach -u ;;
    force) zoneadm -z "$z_name" attach -F ;;
    *) zoneadm -z "$z_name" attach ;;
  esac || return 1
  echo "zone $z_name is attached"
}

restore_running() {
  if [ "$z_state" != installed ]; then return 0; fi
  if [ "$z_was_running" = yes ] || [ "$z_autoboot" = true ]; then :; else return 0; fi
  if is_in_state "$z_name" running; then return 0; fi
  zoneadm -z "$z_name" boot || return 1
  echo "zone $z_name is booted"
}
