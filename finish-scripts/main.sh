# The run: look at the host, follow the plan, tell the server. Nothing happens before the last line is read, so a download
# that breaks off does nothing.

zoneflash_main() {
  # the script itself may stand on standard input: no command below may eat it
  exec </dev/null
  find_programs
  zf_state=${ZONEFLASH_STATE:-/var/zoneflash}
  zf_log=${ZONEFLASH_LOG:-/var/log/zoneflash.log}
  zf_work=$zf_state/work
  zf_quiet=
  zf_flash_zones=
  zf_closing=
  open_run || exit 1
  trap 'interrupted' 1 2 13 15
  # an archive of this host is not taken for an install that goes on
  rm -f "$zf_state/installing"
  if [ "$zf_phase" = first-boot ] && was_through; then
    send_last_events
    leave 0
  fi
  say "profile $zf_profile on host $zf_host, planned $zf_made"
  report install '' started
  if [ -n "$zf_has_system" ]; then have_system; elif [ "$zf_phase" = first-boot ]; then have_captured_zones; fi
  step check '' check_host
  zf_plan
  rm -f "$zf_state/undo"
  report install '' 'done'
  send_last_events
  leave 0
}

was_through() { # all of it was done at an earlier boot, and the server has not heard of it
  if [ -f "$zf_state/first-boot.waits" ]; then return 0; fi
  # it went down before it could wait: the server takes nothing after this report
  grep '"step":"install","state":"done"' "$zf_state"/events/*.json >/dev/null 2>&1
}

have_system() { # the new environment is made now; zones wait until it has been booted
  zf_system
  install_system
  if system_is_booted; then
    step system '' system_confirm_boot
    have_captured_zones
    return 0
  fi
  # it has booted before; what runs now came of it, by an upgrade for example
  have_stage=`system_stage`
  if [ "$have_stage" = confirmed ]; then return 0; fi
  if [ "$zf_phase" = first-boot ]; then
    echo "this host did not boot $system_root: what is left waits there" >"$zf_work/output"
    report system '' failed "$zf_work/output"
    leave 1
  fi
  say "reboot into $system_root, then run this again: what is left comes after that"
  send_last_events
  leave 0
}

have_captured_zones() { # those that the golden system has brought along, also in a flash archive
  if [ "$zf_captured_count" -gt 0 ]; then step system '' restore_zones; fi
}

check_host() { # everything that can be known beforehand
  [ "$zf_zone_count" -gt 0 ] || return "$nothing_to_do"
  for check_command in zoneadm zonecfg zlogin tee mkfifo; do
    have "$check_command" || {
      complain "this host has no $check_command"
      return 1
    }
  done
  check_number=1
  while [ "$check_number" -le "$zf_template_count" ]; do
    "zf_template_$check_number"
    check_template || return 1
    check_number=`expr "$check_number" + 1`
  done
  check_number=1
  while [ "$check_number" -le "$zf_zone_count" ]; do
    "zf_zone_$check_number"
    check_zone || return 1
    check_number=`expr "$check_number" + 1`
  done
}

check_template() {
  check_decompressor || return 1
  if [ "$t_format" = zfs ] && have zfs; then :; elif [ "$t_format" = zfs ]; then
    complain "$t_name comes as a ZFS stream, but this host has no zfs"
    return 1
  fi
  if is_configured "$t_zone"; then
    is_ours "$t_zone" && return 0
    complain "zone $t_zone exists and was not made by zoneflash"
    return 1
  fi
}

zoneflash_main
