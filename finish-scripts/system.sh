# A host's new root, beside the one that it runs or was installed with: received, cloned, given an identity of its own, made what
# the pool boots. Reads y_*, set by zf_system. What was done is kept as properties of the datasets themselves (zoneflash:…): the
# /var of an environment that is thrown away does not survive.
#
# zoneflash:system   of the boot environment and of what is received for it: TEMPLATE@VERSION
# zoneflash:verified of what is received: the digest that it was found to have
# zoneflash:stage    made: its contents are there; ready: it has its identity; active: the pool boots it; confirmed: it has booted
# zoneflash:plan     which plan gave it the identity
# zoneflash:old      the environment that was there before

install_system() { # each step looks first; zf_system has been called
  name_system
  step system '' check_system
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

# A run may die between making it and marking it.
system_is_ours() { # whether the boot environment came of this version
  ours_is=`system_property "$system_root" zoneflash:system`
  ours_origin=`native_property "$system_root" origin`
  case $ours_origin in
    "$system_holding/root@"*) return 0 ;;
  esac
  [ "$ours_is" = "$system_is" ]
}

# Nothing is written before this is done.
check_system() {
  check_system_commands && check_pool && check_environments || return 1
  if system_is_booted; then return "$nothing_to_do"; fi
  if dataset_exists "$system_root"; then return 0; fi
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

choose_system_form() { # what stream_template reads
  t_name=$y_name
  s_url_path=$y_url_path
  s_sha256=$y_sha256
  s_compression=$y_compression
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
    if system_is_ours; then :; else
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
  room_needed=$y_needed
  export room_free room_left room_needed
  # numbers beyond what expr can hold
  room_says=`new_awk 'BEGIN {
    room = ENVIRON["room_free"] + ENVIRON["room_left"]
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

receive_system() {
  receive_stage=`system_stage`
  if [ -n "$receive_stage" ]; then
    drop_holding || return 1
    return "$nothing_to_do"
  fi
  choose_system_form
  # a clone is made of what was verified alone
  if dataset_exists "$system_root"; then :; else
    fill_holding && clone_system || return 1
  fi
  promote_system && settle_system
}

drop_holding() { # with all that was received in it
  dataset_exists "$system_holding" || return 0
  zfs destroy -r "$system_holding"
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
  zfs clone "$clone_of" "$system_root"
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

# Where nothing but this looks at it. Sets zone_root.
open_system() {
  name_system
  open_mounted=`native_property "$system_root" mounted`
  if [ "$open_mounted" != yes ]; then
    system_place=`own_place "$zf_state/system-root"`
    zfs set mountpoint="$system_place" "$system_root" && zfs mount "$system_root" || return 1
  fi
  # below /a it is mounted where the pool has its root
  zone_root=`native_property "$system_root" mountpoint`
  if [ -d "$zone_root/etc" ] && [ ! -h "$zone_root/etc" ]; then return 0; fi
  complain "$system_root holds no etc"
  return 1
}

close_system() {
  close_place=`native_property "$system_root" mountpoint`
  zfs unmount "$system_root" || return 1
  rmdir "$close_place" 2>/dev/null
  zfs set mountpoint=/ "$system_root"
}

identify_system() { # one that has booted keeps what it has become
  identify_stage=`system_stage`
  identify_plan=`system_property "$system_root" zoneflash:plan`
  if system_is_booted || [ "$identify_stage" = confirmed ]; then return "$nothing_to_do"; fi
  case $identify_stage in
    ready | active) if [ "$identify_plan" = "$zf_made" ]; then return "$nothing_to_do"; fi ;;
  esac
  open_system || return 1
  fill_environment
  identify_status=$?
  close_system || return 1
  [ "$identify_status" -eq 0 ] || return 1
  zfs set zoneflash:plan="$zf_made" "$system_root" && zfs set zoneflash:stage=ready "$system_root"
}

fill_environment() {
  reset_global_identity && put_sysidcfg && zf_system_files && choose_name_service &&
    adapt_vfstab && adapt_dumpadm && take_over_hardware && copy_install_logs || return 1
  # what else the environment is to have, by whoever installs it
  if [ -n "$zf_furnish" ]; then "$zf_furnish" "$zone_root" || return 1; fi
  have bootadm || return 0
  bootadm update-archive -R "$zone_root"
}

system_file() { # PATH MODE TEXT: with the directory that it lies in
  real_parents "$1" || return 1
  file_directory=`dirname "$1"`
  mkdir -p "$zone_root/$file_directory" || return 1
  # an empty text is an empty file
  if [ -z "$3" ]; then
    put "$1" "$2" </dev/null
    return
  fi
  put "$1" "$2" <<END
$3
END
}

choose_name_service() { # etc/resolv.conf is read by those who are told to ask DNS
  [ "$y_os_family" = illumos ] || return 0
  is_file etc/resolv.conf && is_file etc/nsswitch.dns && is_file etc/nsswitch.conf || return 0
  rewrite etc/nsswitch.conf <"$zone_root/etc/nsswitch.dns"
}

adapt_vfstab() { # swap of this host; disks and file systems of the golden one are left as comments
  is_file etc/vfstab || return 0
  : >"$zf_work/swap"
  if [ -f "$zf_root/etc/vfstab" ]; then
    new_awk '$1 !~ /^#/ && $4 == "swap" { print }' "$zf_root/etc/vfstab" >"$zf_work/swap"
  fi
  if [ ! -s "$zf_work/swap" ] && dataset_exists "$y_pool/swap"; then
    echo "/dev/zvol/dsk/$y_pool/swap	-	-	swap	-	no	-" >"$zf_work/swap"
  fi
  {
    new_awk '
      $1 ~ /^#/ || NF < 7 { print; next }
      $3 == "/" || $4 == "swap" { next }
      $4 == "zfs" || $1 ~ /^\/dev\/(dsk|md|vx|zvol)\// { print "# zoneflash: of the golden system: " $0; next }
      { print }' "$zone_root/etc/vfstab"
    cat "$zf_work/swap"
  } >"$zf_work/vfstab" && rewrite etc/vfstab <"$zf_work/vfstab" || return 1
  new_awk '$1 !~ /^#/ && $4 == "nfs" { print "left in etc/vfstab: " $1 " at " $3 }' "$zf_work/vfstab"
}

adapt_dumpadm() { # the dump device of this host, and a directory for its dumps
  is_file etc/dumpadm.conf || return 0
  dump_device=
  if [ -f "$zf_root/etc/dumpadm.conf" ]; then
    dump_device=`sed -n 's,^DUMPADM_DEVICE=,,p' "$zf_root/etc/dumpadm.conf" | sed 1q`
  fi
  if [ -z "$dump_device" ] && dataset_exists "$y_pool/dump"; then dump_device=/dev/zvol/dsk/$y_pool/dump; fi
  dump_directory=/var/crash/$y_nodename
  dump_device=${dump_device:-swap}
  export dump_device dump_directory
  new_awk '
    /^DUMPADM_DEVICE=/ { print "DUMPADM_DEVICE=" ENVIRON["dump_device"]; next }
    /^DUMPADM_SAVDIR=/ { print "DUMPADM_SAVDIR=" ENVIRON["dump_directory"]; next }
    { print }' "$zone_root/etc/dumpadm.conf" >"$zf_work/dumpadm" &&
    rewrite etc/dumpadm.conf <"$zf_work/dumpadm" || return 1
  real_parents "var/crash/$y_nodename/x" && mkdir -p "$zone_root$dump_directory" && chmod 700 "$zone_root$dump_directory"
}

# What the installer found out about this machine. The host's number is in a kernel module of Solaris 10 on x86.
take_over_hardware() {
  for hardware_file in etc/zfs/zpool.cache etc/hostid boot/solaris/bootenv.rc; do
    if [ -f "$zf_root/$hardware_file" ]; then
      hardware_parent=`dirname "$hardware_file"`
      real_parents "$hardware_file" || return 1
      if [ -d "$zone_root/$hardware_parent" ]; then
        put "$hardware_file" 644 <"$zf_root/$hardware_file" || return 1
      fi
    elif [ "$hardware_file" != boot/solaris/bootenv.rc ]; then
      drop "$hardware_file" || return 1
    fi
  done
  for hardware_file in kernel/misc/sysinit kernel/misc/amd64/sysinit; do
    if is_file "$hardware_file" && [ -f "$zf_root/$hardware_file" ]; then
      rewrite "$hardware_file" <"$zf_root/$hardware_file" || return 1
    fi
  done
  return 0
}

# The environment that JumpStart made is thrown away, and its logs with it. Those of its scripts are still in /tmp, that of the
# finish script up to here; begin.log and finish.log become links to the newest, as the installer leaves them.
copy_install_logs() {
  logs_at=var/sadm/system/logs
  real_parents "$logs_at/x" && mkdir -p "$zone_root/$logs_at" || return 1
  if [ -n "$zf_root" ]; then
    for logs_file in "$zf_root/$logs_at"/*; do
      if [ -f "$logs_file" ] && [ ! -h "$logs_file" ]; then copy_log "$logs_file" || return 1; fi
    done
    logs_from=${ZONEFLASH_INSTALLER_LOGS:-/tmp}
    logs_day=`date '+%b%d_%Y'`
    for logs_name in begin.log finish.log; do
      if [ -f "$logs_from/$logs_name" ]; then
        put "$logs_at/${logs_name}_$logs_day" 644 <"$logs_from/$logs_name" || return 1
        rm -f "$zone_root/$logs_at/$logs_name"
        ln -s "${logs_name}_$logs_day" "$zone_root/$logs_at/$logs_name" || return 1
      fi
    done
  fi
  real_parents var/log/x && mkdir -p "$zone_root/var/log" && put var/log/zoneflash.log 600 <"$zf_log"
}

copy_log() { # FILE
  copy_name=`basename "$1"`
  put "$logs_at/$copy_name" 644 <"$1"
}

activate_system() {
  if system_is_booted; then return "$nothing_to_do"; fi
  activate_stage=`system_stage`
  activate_boots=`pool_boots`
  case $activate_stage in
    active | confirmed)
      if [ "$activate_boots" = "$system_root" ]; then return "$nothing_to_do"; fi
      if [ "$activate_stage" = confirmed ]; then
        echo "pool $y_pool boots $activate_boots; $system_root has booted before and is left alone"
        return "$nothing_to_do"
      fi
      ;;
  esac
  activate_mounted=`native_property "$system_root" mounted`
  if [ "$activate_mounted" = yes ]; then close_system || return 1; fi
  zfs set mountpoint=/ "$system_root" && zfs set canmount=noauto "$system_root" || return 1
  activate_current=`current_environment`
  zfs set zoneflash:old="$activate_current" "$system_root" && name_for_beadm || return 1
  if [ -z "$zf_root" ] && have beadm; then
    beadm activate "$y_environment" || return 1
  else
    zpool set bootfs="$system_root" "$y_pool" && write_boot_menus || return 1
  fi
  zfs set zoneflash:stage=active "$system_root" || return 1
  echo "pool $y_pool boots $system_root; $activate_current stays until that has booted"
}

pool_boots() { # zpool get of Solaris 10 prints a table and knows no -H
  zpool get bootfs "$y_pool" 2>/dev/null | new_awk '$2 == "bootfs" { print $3 }'
}

name_for_beadm() { # environments and the zones in them are told apart by it
  [ "$y_os_family" = illumos ] || return 0
  beadm_uuid=`system_property "$system_root" org.opensolaris.libbe:uuid`
  if [ -n "$beadm_uuid" ]; then return 0; fi
  beadm_uuid=`random_hex 16 | sed 's,\(........\)\(....\).\(...\).\(...\)\(............\),\1-\2-4\3-8\4-\5,'`
  zfs set org.opensolaris.libbe:uuid="$beadm_uuid" "$system_root" &&
    zfs set org.opensolaris.libbe:policy=static "$system_root"
}

write_boot_menus() { # where an entry names its file system, the pool's bootfs does not decide
  menu_place=`native_property "$y_pool" mountpoint`
  if [ -f "$menu_place/boot/menu.lst" ]; then
    add_menu_line "$menu_place/boot/menu.lst" || return 1
  fi
  if [ -f "$menu_place/boot/grub/menu.lst" ]; then
    change_grub_menu <"$menu_place/boot/grub/menu.lst" >"$zf_work/menu" &&
      cat "$zf_work/menu" >"$menu_place/boot/grub/menu.lst" || return 1
  fi
}

add_menu_line() { # FILE: of SPARC and of the illumos loader, a title and a file system for each environment
  menu_line="bootfs $system_root"
  export menu_line
  menu_there=`new_awk '$0 == ENVIRON["menu_line"] { print "yes"; exit }' "$1"`
  if [ "$menu_there" = yes ]; then return 0; fi
  {
    echo "title $y_environment"
    echo "$menu_line"
  } >>"$1"
}

change_grub_menu() { # a copy of the entry that is the default, for the new environment; it becomes the default
  menu_title="zoneflash $y_environment"
  menu_root=$system_root
  export menu_title menu_root
  new_awk '
    { line[++count] = $0 }
    /^default[ \t=]/ { chosen = $0; sub(/^default[ \t=]+/, "", chosen) }
    /^title[ \t]/ { entries++; entry[count] = entries; title[entries] = $0 }
    { within[count] = entries }
    END {
      ours = 0
      for (i = 1; i <= entries; i++) if (title[i] == "title " ENVIRON["menu_title"]) ours = i
      wanted = chosen + 1
      if (ours == 0) kept = entries; else kept = entries - 1
      told = 0
      for (i = 1; i <= count; i++) {
        if (ours != 0 && within[i] == ours) continue
        if (line[i] ~ /^default[ \t=]/) { if (!told) print "default " kept; told = 1; continue }
        if (!told && entry[i]) { print "default " kept; told = 1 }
        print line[i]
      }
      print "title " ENVIRON["menu_title"]
      named = 0
      for (i = 1; i <= count; i++) {
        if (within[i] != wanted || line[i] !~ /^(findroot|root|bootfs|kernel|module)/) continue
        if (line[i] ~ /^bootfs/) continue
        if (!named && line[i] ~ /^(kernel|module)/) { print "bootfs " ENVIRON["menu_root"]; named = 1 }
        print line[i]
      }
    }'
}

# In the new environment, once it runs.
system_confirm_boot() {
  name_system
  system_is_booted || return "$nothing_to_do"
  confirm_stage=`system_stage`
  confirm_old=`system_property "$system_root" zoneflash:old`
  if [ -z "$confirm_stage" ] || [ "$confirm_stage" = confirmed ]; then return "$nothing_to_do"; fi
  case $confirm_old in
    "$system_root") ;;
    "$y_pool/ROOT/"*) leave_old_environment ;;
  esac
  zfs inherit zoneflash:old "$system_root" && zfs set zoneflash:stage=confirmed "$system_root"
}

leave_old_environment() { # what cannot go does not stop the host
  dataset_exists "$confirm_old" || return 0
  if [ "$y_old" != remove ]; then
    echo "kept $confirm_old, the environment of before: zfs destroy -r $confirm_old"
    return 0
  fi
  if have beadm && beadm list -H "`basename "$confirm_old"`" >/dev/null 2>&1; then
    beadm destroy -F "`basename "$confirm_old"`"
  else
    zfs destroy -r "$confirm_old"
  fi && echo "destroyed $confirm_old, the environment of before" && return 0
  echo "left behind: $confirm_old, the environment of before"
}
