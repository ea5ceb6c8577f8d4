# JumpStart's finish script: what can be done below /a is done now, and a service of the first boot does the rest. JumpStart
# reboots whatever becomes of this script, so the service is there before anything that may fail: what was not done here it does.

finish_main() {
  exec </dev/null
  find_programs
  zf_root=${ZONEFLASH_ROOT:-/a}
  zf_host_root=$zf_root
  zf_flash_root=$zf_root$zf_flash_root
  zf_zones_root=$zf_root$zf_zones_root
  zf_state=$zf_root/var/zoneflash
  zf_log=$zf_root/var/log/zoneflash.log
  zf_work=$zf_state/work
  zf_quiet=
  zf_closing=
  borrow_programs
  open_finish || exit 1
  trap 'interrupted' 1 2 13 15
  say "profile $zf_profile on host $zf_host, planned $zf_made; $zf_zone_count zones come by $zf_zones_come"
  report install '' started
  step check '' check_installer
  zf_plan
  rm -f "$zf_state/undo"
  say 'the first boot does the rest'
  send_last_events
  leave 0
}

furnish_system() { # ROOT of the new boot environment
  zf_host_root=$1
  leave_service
}

borrow_programs() { # an installer has neither curl nor wget; what was just installed may have
  PATH=$PATH:$zf_root/usr/bin:$zf_root/usr/sfw/bin
  if [ -d "$zf_root/usr/sfw/lib" ] && [ ! -d /usr/sfw/lib ]; then
    LD_LIBRARY_PATH=$zf_root/usr/sfw/lib
    export LD_LIBRARY_PATH
  fi
}

open_finish() { # a host whose zones come later needs nothing of the network now
  if [ ! -d "$zf_root/etc" ]; then
    echo "zoneflash: $zf_root holds no etc: this is JumpStart's finish script, expected the installed system there" >&2
    return 1
  fi
  finish_places "$zf_root" && forget_golden_host && mkdir -p "$zf_root/var/log" && open_place || return 1
  finish_lacks=
  zf_client=
  if have curl || have wget; then open_fetch; else finish_lacks='neither curl nor wget'; fi
  if have digest || have sha256sum || have openssl; then choose_digest; else finish_lacks='none of digest, sha256sum and openssl'; fi
  open_reports && return 0
  rm -rf "$zf_state/lock"
  return 1
}

finish_places() { # ROOT: whether what this run keeps below it stays there. An archive of the installer may bring links
  for finish_place in zoneflash/templates zoneflash/zones zoneflash/events zoneflash/lock zoneflash/undo log/zoneflash.log; do
    real_place "$1/var/$finish_place" || return 1
  done
}

forget_golden_host() { # an archive of the installer brings what was done to the host that it was made of, by zones' names
  forget_by=`cat "$zf_state/installing" 2>/dev/null`
  if [ "$forget_by" = "$zf_host" ]; then return 0; fi
  zone_root=$zf_root
  drop_provisioning && mkdir -p "$zf_state" && chmod 700 "$zf_state" && echo "$zf_host" >"$zf_state/installing"
}

check_installer() { # programs; reports wait in their spool where there is no way to send them
  finish_fetches=$zf_has_system
  if [ "$zf_zones_come" = install ]; then finish_fetches=yes; fi
  if [ -z "$finish_fetches" ]; then
    if [ -n "$finish_lacks" ]; then echo "this installer has $finish_lacks: reports wait for the first boot"; fi
    return 0
  fi
  if [ -n "$finish_lacks" ]; then
    complain "this installer has $finish_lacks"
    return 1
  fi
  for check_command in tee mkfifo cpio; do
    have "$check_command" || {
      complain "this installer has no $check_command"
      return 1
    }
  done
  if [ "$zf_zones_come" = install ]; then
    check_number=1
    while [ "$check_number" -le "$zf_template_count" ]; do
      "zf_template_$check_number"
      check_decompressor || return 1
      check_number=`expr "$check_number" + 1`
    done
  fi
}

have_system() { # from here on the host's own files are those of the new boot environment, which never boots without the service
  zf_furnish=furnish_system
  install_system
  have_opened=
  if open_system; then
    zf_closing=close_system
    if finish_places "$zone_root"; then have_opened=yes; fi
  fi
  if [ -z "$have_opened" ]; then
    echo "the new boot environment could not be opened; why stands in finish.log" >"$zf_work/output"
    report system '' failed "$zf_work/output"
    give_up "$zf_work/output"
  fi
  zf_host_root=$zone_root
  finish_events=$zf_state/events
  zf_state=$zf_host_root/var/zoneflash
  zf_log=$zf_host_root/var/log/zoneflash.log
  mkdir -p "$zf_state/templates" "$zf_state/zones" "$zf_state/events" && chmod 700 "$zf_state"
  cp "$finish_events"/* "$zf_state/events/"
  (umask 077 && cat /dev/null >>"$zf_log")
}

finish_main
