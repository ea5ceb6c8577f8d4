# Zones that run come to rest: by their own shutdown, or at once.

shut_down_zone() { # ZONE SECONDS HOW: by `zoneadm shutdown`, or by the zone's own where zoneadm has none; halted when that takes too long
  down_state=`zone_state "$1"`
  case $down_state in
    running) ;;
    installed) return 0 ;;
    *)
      complain "zone $1 is $down_state, expected running"
      return 1
      ;;
  esac
  rm -f "$zf_work/deaf.$1"
  {
    # it may end after the script, whose directory is gone then
    order_down "$1" "$3" || (cat /dev/null >"$zf_work/deaf.$1") 2>/dev/null
  } </dev/null &
  down_count=0
  while [ "$down_count" -lt "$2" ]; do
    is_in_state "$1" installed && break
    # a zone that does not take the order is not waited for; one that takes it may cut off whoever gave it
    if [ "$down_count" -le 3 ] && [ -f "$zf_work/deaf.$1" ]; then break; fi
    sleep 1
    down_count=`expr "$down_count" + 1`
  done
  if is_in_state "$1" installed; then return 0; fi
  down_pid=`cat "$zf_work/order.$1" 2>/dev/null` && kill "$down_pid" 2>/dev/null
  echo "zone $1 did not shut down by itself: it is halted"
  halt_zones "$1"
}

order_down() { # ZONE HOW
  case $2 in
    zoneadm) numbered "$zf_work/order.$1" zoneadm -z "$1" shutdown ;;
    *) numbered "$zf_work/order.$1" zlogin "$1" '/usr/sbin/shutdown -y -g0 -i0' ;;
  esac
}

halt_zones() { # ZONE...: those that are there and not halted
  for halt_zone in "$@"; do
    halt_tries=0
    while :; do
      case `zone_state "$halt_zone"` in
        '' | configured | incomplete | installed) break ;;
      esac
      zoneadm -z "$halt_zone" halt >"$zf_work/said" 2>&1
      if is_in_state "$halt_zone" installed; then break; fi
      halt_tries=`expr "$halt_tries" + 1`
      if [ "$halt_tries" -ge 60 ]; then
        cat "$zf_work/said" >&2
        complain "zone $halt_zone could not be halted"
        return 1
      fi
      sleep 1
    done
  done
}
