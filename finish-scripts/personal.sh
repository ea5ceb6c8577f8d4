# A zone by one small receive: a clone of its template's snapshot with its identity in place. Where that does not do, the zone is
# cloned from the flash zone like any other.

receive_zone() { # skipped, and says why, when a clone has to be made
  if is_marked received; then return "$nothing_to_do"; fi
  if is_configured "$z_name"; then
    echo 'it was begun as a clone'
    return "$nothing_to_do"
  fi
  receive_began=`moment`
  if choose_received_dataset; then
    if receive_personal_stream; then
      mark received || return 1
      receive_ended=`moment`
      say_received
      return 0
    fi
    drop_received || return 1
  fi
  echo "no personal stream; $z_name is cloned from $t_zone"
  return "$nothing_to_do"
}

# The snapshot must be that of the template's stream, and a clone lies in the pool of what it is a clone of.
choose_received_dataset() { # sets received_guid, received_onto, received_dataset
  have zfs || {
    echo 'this host has no zfs'
    return 1
  }
  received_template=`dataset_at "$t_path"`
  received_onto=
  for received_guid in $t_guids; do
    [ -n "$received_template" ] || break
    fetch_parent=$received_template
    received_onto=`snapshot_with_guid "$received_guid"`
    if [ -n "$received_onto" ]; then break; fi
  done
  if [ -z "$received_onto" ]; then
    echo "$t_path holds no snapshot of $t_name@$t_version that a stream gave"
    return 1
  fi
  received_directory=`dirname "$z_path"`
  ensure_root "$received_directory" || return 1
  received_parent=`dataset_at "$received_directory"`
  if [ -z "$received_parent" ]; then
    echo "$received_directory is no ZFS file system of its own"
    return 1
  fi
  received_pool=`echo "$received_parent" | sed 's,/.*,,'`
  case $received_onto in
    "$received_pool"/*) ;;
    *)
      echo "$received_directory is in pool $received_pool, the template is $received_onto"
      return 1
      ;;
  esac
  received_dataset=$received_parent/`basename "$z_path"`
  if dataset_exists "$received_dataset"; then
    echo "$received_dataset exists already"
    return 1
  fi
}

receive_personal_stream() {
  remember_zone "$z_name" && echo "$received_dataset" >"$zf_state/zones/$z_name/receiving" || return 1
  # it holds what sysidcfg holds
  (umask 077 && fetch "/js/$zf_host/$zf_token/zones/$z_name.zfs?from=$received_guid" >"$zf_work/personal") || {
    echo 'the server gave no stream'
    return 1
  }
  will_make zone-dataset "$received_dataset"
  receive "$received_dataset" <"$zf_work/personal" && mount_dataset "$received_dataset" && is_received_well || return 1
  # it would keep what the first boot removes: the answers for sysidtool, the password in them
  zfs destroy "$received_dataset@identity" || echo "left behind: $received_dataset@identity"
}

is_received_well() {
  received_at=`dataset_at "$z_path"`
  if [ "$received_at" != "$received_dataset" ]; then
    echo "$received_dataset is not mounted at $z_path"
    return 1
  fi
  if [ -h "$z_path/root" ] || [ ! -d "$z_path/root" ]; then
    echo "$received_dataset holds no zoneroot"
    return 1
  fi
  if [ -h "$z_path/SUNWdetached.xml" ] || [ ! -f "$z_path/SUNWdetached.xml" ]; then
    echo "$received_dataset holds no SUNWdetached.xml"
    return 1
  fi
  chown 0:0 "$z_path" && chmod 700 "$z_path"
}

moment() { # prints seconds since the epoch, with a fraction where a command knows
  moment_now=`date +%s.%N 2>/dev/null`
  case $moment_now in
    '' | *[!0-9.]*) if have perl; then perl -MTime::HiRes=time -e 'printf "%.3f\n", time'; else seconds; fi ;;
    *) echo "$moment_now" ;;
  esac
}

say_received() {
  received_bytes=`wc -c <"$zf_work/personal" | tr -d ' '`
  rm -f "$zf_work/personal"
  export received_bytes receive_began receive_ended
  new_awk 'BEGIN {
    printf "%.1f KiB received", ENVIRON["received_bytes"] / 1024
    if (ENVIRON["receive_began"] != "") printf " in %.1f s", ENVIRON["receive_ended"] - ENVIRON["receive_began"]
    print ""
  }' </dev/null
  echo "a clone of $received_onto"
}

was_receiving() { # a run began to receive this zone
  [ -f "$zf_state/zones/$z_name/receiving" ]
}

is_received() { # by this plan, and it is still there
  is_marked received || return 1
  received_by=`cat "$zf_state/zones/$z_name/received"`
  [ "$received_by" = "$zf_made" ] || return 1
  received_dataset=`cat "$zf_state/zones/$z_name/receiving"`
  dataset_exists "$received_dataset" && mount_dataset "$received_dataset"
}

drop_received() { # of a zone that is not configured
  received_dataset=`cat "$zf_state/zones/$z_name/receiving"`
  if [ -n "$received_dataset" ] && dataset_exists "$received_dataset"; then
    zfs destroy -r "$received_dataset" || return 1
  fi
  unmake_line zone-dataset "$received_dataset"
  rm -f "$zf_state/zones/$z_name/receiving" "$zf_state/zones/$z_name/received" "$zf_work/personal"
}

configure_received_zone() { # the stream brought all of it
  if is_configured "$z_name"; then return "$nothing_to_do"; fi
  will_make zone "$z_name"
  {
    echo "create -a $z_path"
    echo verify
    echo commit
  } >"$zf_work/zonecfg"
  zonecfg -z "$z_name" -f "$zf_work/zonecfg"
}

attach_received_zone() {
  received_state=`zone_state "$z_name"`
  case $received_state in
    installed | running | ready)
      is_marked cloned || mark cloned
      return "$nothing_to_do"
      ;;
    configured) ;;
    *)
      complain "zone $z_name is in state $received_state, expected configured or installed"
      return 1
      ;;
  esac
  attach "$z_name" || return 1
  mark cloned
  # a zone now, which may hold what nobody has twice
  rm -f "$zf_state/zones/$z_name/receiving"
}

complete_identity() { # what the stream leaves to this host: ssh host keys, which cross no network
  if is_marked identity; then return "$nothing_to_do"; fi
  if [ "$z_os_family" = linux ]; then
    open_zoneroot || return 1
    new_ssh_host_keys
    identity_status=$?
    close_zoneroot
    [ "$identity_status" -eq 0 ] || return 1
  fi
  mark identity
}
