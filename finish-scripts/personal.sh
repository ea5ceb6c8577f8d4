# A zone by one small receive: a clone of its template's snapshot with its identity in place. Where that does not do, the zone is
# cloned from the flash zone like any other.

receive_zone() { # skipped, and says why, when a clone has to be made
  if is_marked received; then
    is_in_state "$z_name" incomplete || return "$nothing_to_do"
    if is_marked booted; then
      complain "zone $z_name is incomplete and has run; uninstall and delete it to have it made anew"
      return 1
    fi
    echo "an attach of zone $z_name broke off; it is received anew"
    undo_zone "$z_name" && drop_received || return 1
    unmake_line zone "$z_name"
  fi
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
    if was_receiving; then drop_received || return 1; fi
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
  # it holds what sysidcfg holds
  (umask 077 && fetch "/js/$zf_host/$zf_token/zones/$z_name.zfs?from=$received_guid" >"$zf_work/personal") || {
    echo 'the server gave no stream'
    return 1
  }
  will_make zone-dataset "$z_name"
  remember_zone "$z_name" && remember_dataset && remember_ssh_types || return 1
  # it brings no properties
  receive_unmounted "$received_dataset" <"$zf_work/personal" && mount_dataset "$received_dataset" && is_received_well || return 1
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

# `receiving` holds the dataset and, below it, the snapshot that it is a clone of. Once there is a zone the file is called
# `dataset`: from then on the data may be what nobody has twice, and only taking back that zone makes it `receiving` again.
remember_dataset() {
  {
    echo "$received_dataset"
    echo "$received_onto"
  } >"$zf_state/zones/$z_name/receiving"
}

remember_ssh_types() { # of the template: the stream takes its keys away
  [ "$z_os_family" = linux ] || return 0
  zone_root=$t_path/root
  choose_ssh_types && echo "$ssh_types" >"$zf_state/zones/$z_name/ssh-types"
}

was_receiving() { # a run began to receive this zone, and none has configured it
  [ -f "$zf_state/zones/$z_name/receiving" ]
}

becomes_a_zone() {
  if was_receiving; then mv "$zf_state/zones/$z_name/receiving" "$zf_state/zones/$z_name/dataset"; fi
}

is_received() { # by this plan, and it is still there
  is_marked received || return 1
  if has_lived; then return 1; fi
  received_by=`cat "$zf_state/zones/$z_name/received"`
  [ "$received_by" = "$zf_made" ] || return 1
  received_dataset=`sed 1q "$zf_state/zones/$z_name/receiving"`
  is_what_came && mount_dataset "$received_dataset"
}

has_lived() {
  is_marked cloned || is_marked booted || is_marked finished
}

is_what_came() { # whether the remembered dataset is a clone of the snapshot it was received onto; another is somebody else's
  came_onto=`sed -n 2p "$zf_state/zones/$z_name/receiving"`
  [ -n "$received_dataset" ] && [ -n "$came_onto" ] && dataset_exists "$received_dataset" || return 1
  came_origin=`zfs get -H -o value origin "$received_dataset"`
  [ "$came_origin" = "$came_onto" ]
}

drop_received() { # of a zone that is not configured, with all that is remembered of it
  received_dataset=`sed 1q "$zf_state/zones/$z_name/receiving"`
  if is_what_came; then
    if has_lived; then
      complain "$received_dataset is not dropped: zone $z_name was made of it; destroy or rename it"
      return 1
    fi
    zfs destroy -r "$received_dataset" || return 1
  elif [ -n "$received_dataset" ] && dataset_exists "$received_dataset"; then
    echo "left alone: $received_dataset is not what was received for zone $z_name"
  fi
  unmake_line zone-dataset "$z_name"
  rm -rf "$zf_state/zones/$z_name"
  rm -f "$zf_work/personal"
}

configure_received_zone() { # the stream brought all of it
  if is_configured "$z_name"; then
    becomes_a_zone || return 1
    return "$nothing_to_do"
  fi
  will_make zone "$z_name"
  {
    echo "create -a $z_path"
    echo verify
    echo commit
  } >"$zf_work/zonecfg"
  zonecfg -z "$z_name" -f "$zf_work/zonecfg" && becomes_a_zone
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
}

complete_identity() { # what the stream leaves to this host: ssh host keys, which cross no network
  if is_marked identity; then return "$nothing_to_do"; fi
  if [ "$z_os_family" = linux ]; then
    open_zoneroot || return 1
    ssh_types=`cat "$zf_state/zones/$z_name/ssh-types"`
    make_ssh_host_keys
    identity_status=$?
    close_zoneroot
    [ "$identity_status" -eq 0 ] || return 1
  fi
  mark identity
}
