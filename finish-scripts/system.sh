# A host's new root, beside the one that it runs or was installed with: received, cloned, given an identity of its own, made what
# the pool boots. Reads y_*, set by zf_system. What was done is kept as properties of the datasets themselves (zoneflash:…): the
# /var of an environment that is thrown away does not survive.
#
# zoneflash:system   of the boot environment and of what is received for it: TEMPLATE@VERSION
# zoneflash:verified of what is received: the digest that it was found to have
# zoneflash:clone    of what is received: the environment that was about to be made of it
# zoneflash:stage    made: its contents are there; ready: it has its identity; active: the pool boots it; confirmed: it has booted
# zoneflash:plan     which plan gave it the identity
# zoneflash:old      the environment that was there before

install_system() { # each step looks first; zf_system has been called
  name_system
  step check '' check_system
  step system '' receive_system
  step system '' identify_system
  step system '' activate_system
}

name_system() {
  system_root=$y_pool/ROOT/$y_environment
  system_holding=$y_pool/ROOT/zoneflash-incoming
  system_is="$y_name@$y_version"
  # what the functions for zones ask for
  z_name=$y_environment
  z_os_family=$y_os_family
  z_nodename=$y_nodename
  z_timezone=$y_timezone
  z_root_password=$y_root_password
  z_sysidcfg=$y_sysidcfg
  z_touch=$y_touch
}

system_property() { # DATASET PROPERTY: prints its own value, none that it inherits
  zfs get -H -o value,source "$2" "$1" 2>/dev/null | new_awk -F'	' '$2 == "local" { print $1 }'
}

native_property() { # DATASET PROPERTY
  zfs get -H -p -o value "$2" "$1" 2>/dev/null
}

system_stage() {
  system_property "$system_root" zoneflash:stage
}

current_environment() { # prints the dataset that is the root here
  current_place=${zf_root:-/}
  export current_place
  zfs mount 2>/dev/null | new_awk '$2 == ENVIRON["current_place"] { print $1 }' | sed 1q
}

system_is_booted() {
  [ -z "$zf_root" ] || return 1
  booted_environment=`current_environment`
  [ "$booted_environment" = "$system_root" ]
}

# A run may die between making it and marking it: a clone is of the version that what it came in is of, whatever its mark says.
system_is_ours() { # whether the boot environment came of this version
  ours_is=`system_property "$system_root" zoneflash:system`
  if is_clone_of_holding "$system_root"; then
    ours_is=`system_property "$system_holding" zoneflash:system`
    ours_verified=`system_property "$system_holding" zoneflash:verified`
    [ "$ours_verified" = "$y_sha256" ] || return 1
  fi
  [ "$ours_is" = "$system_is" ]
}

is_clone_of_holding() { # DATASET
  clone_origin=`native_property "$1" origin`
  case $clone_origin in
    "$system_holding/root@"*) return 0 ;;
    *) return 1 ;;
  esac
}

is_unfinished() { # DATASET: whether a run of whatever version began it and died, so that nobody has ever booted it
  unfinished_stage=`system_property "$1" zoneflash:stage`
  unfinished_is=`system_property "$1" zoneflash:system`
  [ -z "$unfinished_stage" ] || return 1
  if is_clone_of_holding "$1"; then :; elif [ -z "$unfinished_is" ]; then return 1; fi
  unfinished_boots=`pool_boots`
  unfinished_current=`current_environment`
  [ "$1" != "$unfinished_boots" ] && [ "$1" != "$unfinished_current" ]
}

choose_system_form() { # what stream_template reads
  t_name=$y_name
  s_url_path=$y_url_path
  s_sha256=$y_sha256
  s_compression=$y_compression
}

receive_system() {
  receive_stage=`system_stage`
  if [ -n "$receive_stage" ]; then
    drop_holding || return 1
    return "$nothing_to_do"
  fi
  choose_system_form
  # a clone is made of what was verified alone
  if dataset_exists "$system_root" && system_is_ours; then :; else
    drop_begun_clone && drop_unfinished "$system_root" && fill_holding && clone_system || return 1
  fi
  promote_system && settle_system
}

drop_holding() { # with all that was received in it
  drop_begun_clone || return 1
  dataset_exists "$system_holding" || return 0
  zfs destroy -r "$system_holding"
}

drop_begun_clone() { # the environment of another name that a run began to make of what is received
  begun_clone=`system_property "$system_holding" zoneflash:clone`
  if [ -z "$begun_clone" ] || [ "$begun_clone" = "$system_root" ]; then return 0; fi
  drop_unfinished "$begun_clone"
}

drop_unfinished() { # DATASET, which may be missing
  dataset_exists "$1" && is_unfinished "$1" || return 0
  if is_clone_of_holding "$1"; then :; elif dataset_exists "$system_holding"; then
    # once it is promoted, what it came in depends on it
    zfs destroy -r "$system_holding" || return 1
  fi
  echo "destroying $1: a run began it and did not finish"
  zfs destroy -r "$1"
}

fill_holding() {
  holding_verified=`system_property "$system_holding" zoneflash:verified`
  if [ "$holding_verified" = "$y_sha256" ]; then
    echo 'it was received and verified before'
    return 0
  fi
  drop_holding && make_holding || return 1
  if fetch_into_holding; then
    zfs set zoneflash:verified="$y_sha256" "$system_holding"
    return
  fi
  drop_holding
  return 1
}

make_holding() { # what is received below it inherits its compression, so that it is compressed while it is written
  zfs create -o mountpoint=none -o canmount=noauto -o zoneflash:system="$system_is" "$system_holding" || return 1
  [ -n "$y_compression_property" ] || return 0
  zfs set compression="$y_compression_property" "$system_holding" && return 0
  drop_holding
  return 1
}

fetch_into_holding() {
  case $y_format in
    zfs) stream_template receive_root "$system_holding/root" ;;
    tar) unpack_root untar ;;
    cpio) unpack_root uncpio ;;
  esac
}

# A stream with properties brings a compression of its own; where receive can, ours is put in its place before the first block.
receive_root() { # DATASET
  if [ -n "$y_compression_property" ]; then
    receive_says=`zfs receive -o 2>&1 </dev/null`
    case $receive_says in
      *'invalid option'*) ;;
      *)
        zfs receive -u -o compression="$y_compression_property" "$1"
        return
        ;;
    esac
  fi
  receive_unmounted "$1"
}

unpack_root() { # COMMAND
  system_place=`own_place "$zf_state/system-root"`
  zfs create -o mountpoint="$system_place" "$system_holding/root" || return 1
  unpack_place=`native_property "$system_holding/root" mountpoint`
  chmod 755 "$unpack_place" && stream_template "$1" "$unpack_place" || return 1
  zfs unmount "$system_holding/root" && zfs snapshot "$system_holding/root@zoneflash"
}

clone_system() {
  fetch_parent=$system_holding/root
  clone_of=
  if [ -n "$y_guid" ]; then clone_of=`snapshot_with_guid "$y_guid"`; fi
  if [ -z "$clone_of" ]; then clone_of=`zfs list -H -o name -t snapshot -r "$fetch_parent" | sed -n '$p'`; fi
  if [ -z "$clone_of" ]; then
    complain "what came of $y_url_path has no snapshot"
    return 1
  fi
  zfs set zoneflash:clone="$system_root" "$system_holding" && zfs clone "$clone_of" "$system_root"
}

promote_system() { # the environment depends on nothing afterwards, and what it came in may go
  zfs set zoneflash:system="$system_is" "$system_root" && zfs set canmount=noauto "$system_root" || return 1
  promote_mounted=`native_property "$system_root" mounted`
  if [ "$promote_mounted" = yes ]; then zfs unmount "$system_root" || return 1; fi
  promote_origin=`native_property "$system_root" origin`
  case $promote_origin in
    -) ;;
    *) zfs promote "$system_root" || return 1 ;;
  esac
  if [ -n "$y_compression_property" ]; then
    zfs set compression="$y_compression_property" "$system_root" || return 1
  fi
}

settle_system() {
  drop_holding || return 1
  for settle_snapshot in `zfs list -H -o name -t snapshot -r "$system_root"`; do
    zfs destroy "$settle_snapshot" || return 1
  done
  zfs set zoneflash:stage=made "$system_root" || return 1
  settle_compression=`zfs get -H -o value compression "$system_root"`
  settle_used=`native_property "$system_root" used`
  echo "$system_root holds $system_is: $settle_used bytes in the pool, compression $settle_compression"
}
