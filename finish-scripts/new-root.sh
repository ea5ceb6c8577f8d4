# What the root of a new boot environment is given before it is booted: an identity, and what the installer found out about this
# host. Reads y_*, set by zf_system.

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
  close_system
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
  cat /dev/null >"$zf_work/swap"
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
        logs_as=`log_of_the_day`
        put "$logs_at/$logs_as" 644 <"$logs_from/$logs_name" || return 1
        rm -f "$zone_root/$logs_at/$logs_name"
        ln -s "$logs_as" "$zone_root/$logs_at/$logs_name" || return 1
      fi
    done
  fi
  real_parents var/log/x && mkdir -p "$zone_root/var/log" && put var/log/zoneflash.log 600 <"$zf_log"
}

log_of_the_day() { # prints the name for logs_name: with a number where an earlier install of the day has left another one
  day_name=${logs_name}_$logs_day
  day_number=0
  while [ -f "$zone_root/$logs_at/$day_name" ] && [ "$day_number" -lt 100 ]; do
    if cmp -s "$logs_from/$logs_name" "$zone_root/$logs_at/$day_name"; then break; fi
    day_number=`expr "$day_number" + 1`
    day_name=${logs_name}_${logs_day}_$day_number
  done
  echo "$day_name"
}

copy_log() { # FILE
  copy_name=`basename "$1"`
  put "$logs_at/$copy_name" 644 <"$1"
}
