# One zone of the plan, from its configuration to its smoke checks. Reads z_*, set by zf_zone_N.

zone_state() { # ZONE: prints its state, nothing for a zone that is not configured
  zoneadm -z "$1" list -p 2>/dev/null | cut -d: -f3
}

is_configured() { # ZONE: whether there is such a zone, in whatever state
  configured_state=`zone_state "$1"`
  [ -n "$configured_state" ]
}

is_in_state() { # ZONE STATE
  in_state=`zone_state "$1"`
  [ "$in_state" = "$2" ]
}

# A zone is ours when its configuration says so and this host remembers making it. No other is ever changed.
is_ours() { # ZONE
  [ -d "$zf_state/zones/$1" ] || return 1
  zonecfg -z "$1" info attr name=flash-origin 2>/dev/null | grep 'name: *"*flash-origin"*$' >/dev/null
}

remember_zone() { # ZONE
  mkdir -p "$zf_state/zones/$1"
}

mark() { # WHAT: this zone has come so far
  echo "$zf_made" >"$zf_state/zones/$z_name/$1"
}

is_marked() { # WHAT
  [ -f "$zf_state/zones/$z_name/$1" ]
}

check_zone() { # refuses before anything is done, when the name or the place is somebody else's
  check_state=`zone_state "$z_name"`
  if [ -n "$check_state" ]; then
    is_ours "$z_name" && return 0
    complain "zone $z_name exists (state $check_state) and was not made by zoneflash"
    return 1
  fi
  if was_receiving; then
    if is_received; then return 0; fi
    drop_received || return 1
  fi
  if was_staging; then
    if is_staged; then return 0; fi
    drop_staged || return 1
  fi
  check_children=`ls -A "$z_path" 2>/dev/null`
  if [ -n "$check_children" ]; then
    complain "$z_path exists and is not empty, but no zone $z_name is configured"
    return 1
  fi
  # nobody else's zone: what is remembered of one that is gone no longer holds
  rm -rf "$zf_state/zones/$z_name"
}

have_zone() { # SMOKE FUNCTION: all steps; a zone that was finished once is left alone, running or halted
  if is_marked finished; then
    zone_origin | sed 's/^/made from /' >"$zf_work/output"
    report zone "$z_name" skipped "$zf_work/output"
    return 0
  fi
  if is_marked staged; then :; elif [ -n "$z_stream" ]; then step receive "$z_name" receive_zone; fi
  if is_marked received || is_marked staged; then
    step configure "$z_name" configure_received_zone
    step attach "$z_name" attach_received_zone
    step identity "$z_name" complete_identity
  else
    is_marked cloned || have_flash_zone
    step configure "$z_name" configure_zone
    step clone "$z_name" clone_zone
    step identity "$z_name" reset_identity
    step sysidcfg "$z_name" write_sysidcfg
  fi
  step boot "$z_name" boot_zone
  step wait "$z_name" wait_for_zone
  step smoke "$z_name" "$1"
  mark finished
}

zone_origin() { # prints `template@version` as the zone's own configuration says it
  zonecfg -z "$z_name" info attr name=flash-origin 2>/dev/null |
    sed -n 's/^[^a-z]*value: *"*\([^" ]*\)"*.*$/\1/p'
}

configure_zone() {
  if is_configured "$z_name"; then return "$nothing_to_do"; fi
  will_make zone "$z_name"
  remember_zone "$z_name" || return 1
  cat >"$zf_work/wanted" <<END
$z_zonecfg
END
  {
    sed 1q "$zf_work/wanted"
    inherited_clashes
    echo 'select attr name=flash-origin'
    echo "set value=\"$t_name@$t_version\""
    echo end
    sed 1d "$zf_work/wanted"
  } >"$zf_work/zonecfg"
  offer_as_template "$t_zone"
  zonecfg -z "$z_name" -f "$zf_work/zonecfg"
  configure_status=$?
  withdraw_as_template "$t_zone"
  return "$configure_status"
}

inherited_clashes() { # a resource that the profile sets and the flash zone has as well must go before it can be added
  cat <<END | while read clash_kind clash_key; do
$z_replaces
END
    [ -n "$clash_kind" ] || continue
    if zonecfg -z "$t_zone" info "$clash_kind" "$clash_key" 2>/dev/null | grep "^$clash_kind:" >/dev/null; then
      echo "remove $clash_kind $clash_key"
    fi
  done
}

# OmniOS reads /etc/zones/OMNIx.xml for `create -t x` when x begins in lower case.
offer_as_template() { # ZONE
  for offer_file in /etc/zones/OMNI*.xml; do
    if [ -f "$offer_file" ]; then
      cp "/etc/zones/$1.xml" "/etc/zones/OMNI$1.xml"
      return
    fi
  done
}

withdraw_as_template() { # ZONE
  rm -f "/etc/zones/OMNI$1.xml"
}

clone_zone() {
  case `zone_state "$z_name"` in
    installed | running | ready)
      is_marked cloned || mark cloned
      return "$nothing_to_do"
      ;;
    incomplete) zoneadm -z "$z_name" uninstall -F || return 1 ;;
  esac
  clone_parent=`dirname "$z_path"`
  ensure_root "$clone_parent" || return 1
  zoneadm -z "$z_name" clone "$t_zone" || return 1
  mark cloned
}

write_sysidcfg() { # after the clone: zoneadm clone removes the file when it unconfigures the new zone
  [ -n "$z_sysidcfg$z_touch" ] || return "$nothing_to_do"
  if is_marked sysidcfg; then return "$nothing_to_do"; fi
  open_zoneroot || return 1
  put_sysidcfg
  sysidcfg_status=$?
  close_zoneroot
  [ "$sysidcfg_status" -eq 0 ] || return 1
  mark sysidcfg
}

put_sysidcfg() {
  if [ -n "$z_sysidcfg" ]; then
    put etc/sysidcfg 600 <<END || return 1
$z_sysidcfg
END
  fi
  for touch_file in $z_touch; do
    put "$touch_file" 644 </dev/null || return 1
  done
}

boot_zone() {
  if is_in_state "$z_name" running; then
    zone_has_booted
    return "$nothing_to_do"
  fi
  zoneadm -z "$z_name" boot
  boot_status=$?
  if is_in_state "$z_name" running; then zone_has_booted; fi
  return "$boot_status"
}

zone_has_booted() { # from here on nothing of it is rolled back, nor of the template it stands on
  mark booted
  if is_marked received; then
    becomes_a_zone
    unmake_line zone-dataset "$z_name"
  fi
  unmake_line zone "$z_name"
  unmake_line flash-zone "$t_zone"
  unmake_line tree "$t_path"
  booted_dataset=`dataset_at "$t_path"`
  unmake_line dataset "$booted_dataset"
}

within() { # SECONDS COMMAND...: runs it again and again until it succeeds; fails when the time is over, and ends it then
  within_limit=$1
  shift
  # of this call alone: the watch of an earlier one may still be asleep
  within_call=`expr "${within_call:-0}" + 1`
  within_patience=$zf_work/patience.$zf_seq.$within_call
  cat /dev/null >"$within_patience"
  rm -f "$zf_work/attempt"
  {
    within_count=0
    while [ -f "$within_patience" ] && [ "$within_count" -lt "$within_limit" ]; do
      sleep 1
      within_count=`expr "$within_count" + 1`
    done
    if [ -f "$within_patience" ]; then
      rm -f "$within_patience"
      within_attempt=`cat "$zf_work/attempt"` && kill "$within_attempt" && sleep 3
      # the same still: it does not hear
      within_still=`cat "$zf_work/attempt"` && [ "$within_still" = "$within_attempt" ] && kill -9 "$within_still"
    fi
  } >/dev/null 2>&1 &
  while :; do
    if "$@" >"$zf_work/attempt.out" 2>&1; then
      rm -f "$within_patience"
      return 0
    fi
    if [ -f "$within_patience" ]; then sleep 1; fi
    if [ ! -f "$within_patience" ]; then
      cat "$zf_work/attempt.out" >&2
      return 1
    fi
  done
}

in_time() { # COMMAND...: a program that the watch of `within` may end. It is named before it looks: of two at once one sees the other
  # shellcheck disable=SC2016 # of the inner shell
  numbered "$zf_work/attempt" sh -c '[ -f "$0" ] && exec "$@"' "$within_patience" "$@"
}

wait_for_zone() {
  if is_marked up; then return "$nothing_to_do"; fi
  within "$zf_wait" zone_is_up || {
    complain "zone $z_name did not finish its first boot within $zf_wait seconds; see zlogin -C $z_name"
    return 1
  }
  if is_marked needs-ssh-keys; then
    zlogin "$z_name" 'ssh-keygen -A' || return 1
  fi
  # it holds the hash of root's password, and nobody reads it again. From inside: the zone runs, its tree is its own
  if [ -n "$z_sysidcfg" ]; then
    zlogin "$z_name" 'rm -f /etc/sysidcfg' || return 1
  fi
  mark up
}

zone_is_up() {
  zone_milestone=svc:/milestone/multi-user-server:default
  # into a file: backquotes would wait for what such a program leaves running
  in_time svcs -z "$z_name" -H -o state "$zone_milestone" >"$zf_work/online" 2>/dev/null
  zone_online=`cat "$zf_work/online"`
  [ "$zone_online" = online ] && return 0
  case $z_os_family in
    linux)
      in_time zlogin "$z_name" '/sbin/runlevel 2>/dev/null | grep " [2-5]$" || systemctl is-system-running | egrep "running|degraded"'
      ;;
    *)
      in_time zlogin "$z_name" "svcs -H -o state $zone_milestone" >"$zf_work/online" 2>/dev/null
      zone_online=`cat "$zf_work/online"`
      [ "$zone_online" = online ]
      ;;
  esac
}

smoke() { # NAME SECONDS COMMAND: the command, run inside the zone, must succeed in time
  within "$2" in_time zlogin "$z_name" "$3" || {
    complain "smoke check $1 did not pass within $2 seconds"
    return 1
  }
  echo "smoke check $1 passed"
}
