# What is looked at before a host is given a new root. Reads y_*, set by zf_system.

# Nothing is written before this is done.
check_system() {
  check_system_commands && check_pool && check_environments || return 1
  if system_is_booted; then return "$nothing_to_do"; fi
  if dataset_exists "$system_root" && system_is_ours; then return 0; fi
  check_room
}

check_system_commands() {
  choose_system_form
  for system_command in zfs zpool tee mkfifo `decompressor`; do
    have "$system_command" || {
      complain "$system_is comes as $y_format with compression $y_compression, but there is no $system_command here"
      return 1
    }
  done
}

check_pool() {
  pool_health=`zpool list -H -o health "$y_pool" 2>/dev/null`
  case $pool_health in
    ONLINE | DEGRADED) ;;
    '')
      complain "there is no pool $y_pool here, expected the one that the host boots from"
      return 1
      ;;
    *)
      complain "pool $y_pool is $pool_health, expected ONLINE or DEGRADED"
      return 1
      ;;
  esac
  pool_root=`pool_boots`
  case $pool_root in
    "$y_pool/ROOT/"*) ;;
    *)
      complain "pool $y_pool has the bootfs ${pool_root:--}, expected a boot environment in $y_pool/ROOT: the host does not boot from it"
      return 1
      ;;
  esac
}

check_environments() {
  check_current=`current_environment`
  case $check_current in
    "$y_pool/ROOT/"*) ;;
    *)
      complain "${zf_root:-/} is ${check_current:-no file system of ZFS}, expected a boot environment in $y_pool/ROOT: the host does not boot from pool $y_pool"
      return 1
      ;;
  esac
  if dataset_exists "$system_root"; then
    if system_is_ours || is_unfinished "$system_root"; then :; else
      check_is=`system_property "$system_root" zoneflash:system`
      complain "boot environment $system_root is ${check_is:-not made by zoneflash}, expected none or $system_is: give the profile another bootEnvironment, or destroy it"
      return 1
    fi
    if [ "$check_current" = "$system_root" ] && [ -n "$zf_root" ]; then
      complain "$system_root is mounted at $zf_root, expected another environment there"
      return 1
    fi
  fi
  dataset_exists "$system_holding" || return 0
  check_is=`system_property "$system_holding" zoneflash:system`
  if [ -n "$check_is" ]; then return 0; fi
  complain "$system_holding exists and was not made by zoneflash: rename or destroy it"
  return 1
}

check_room() { # before a byte is fetched; what a run that died has left counts as free
  room_verified=`system_property "$system_holding" zoneflash:verified`
  if [ "$room_verified" = "$y_sha256" ]; then return 0; fi
  room_free=`native_property "$y_pool/ROOT" available`
  room_left=
  if dataset_exists "$system_holding"; then room_left=`native_property "$system_holding" used`; fi
  room_begun=
  if dataset_exists "$system_root"; then room_begun=`native_property "$system_root" used`; fi
  room_needed=$y_needed
  export room_free room_left room_begun room_needed
  # numbers beyond what expr can hold
  room_says=`new_awk 'BEGIN {
    room = ENVIRON["room_free"] + ENVIRON["room_left"] + ENVIRON["room_begun"]
    needed = ENVIRON["room_needed"] + 0
    printf "%s %.0f %.0f", room < needed ? "small" : "enough", needed / 1048576 + 0.5, room / 1048576
  }' </dev/null`
  # shellcheck disable=SC2086 # three words
  set -- $room_says
  case $1 in
    enough) echo "$system_is needs about $2 MiB, pool $y_pool has $3 MiB free" ;;
    *)
      complain "$system_is needs about $2 MiB, pool $y_pool has $3 MiB free"
      return 1
      ;;
  esac
}
