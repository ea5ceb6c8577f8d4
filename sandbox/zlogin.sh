#!/bin/sh
# zlogin: runs a command, or a shell, in a running zone by entering its namespaces.
usage() {
  echo 'usage: zlogin [ -ECS ] [ -l user ] zonename [ command [args ...] ]' >&2
  exit 2
}
user=root failsafe='' console=''
while getopts ECQSdie:l: option; do
  case $option in
  C) console=yes ;;
  S) failsafe=yes ;;
  l) user=$OPTARG ;;
  E | Q | d | e | i) ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
zone=$1
shift
run=/var/run/zones
known=$(grep -c "^$(printf %s "$zone" | sed 's/[.]/\\./g'):" /etc/zones/index)
case $zone in
*[!A-Za-z0-9_.-]* | global) known=0 ;;
esac
if [ "$known" = 0 ]; then
  echo "zlogin: zone '$zone' unknown" >&2
  exit 1
fi
if [ -n "$console" ]; then
  echo "[Connected to zone '$zone' console]"
  exec tail -n +1 -F "/var/log/zones/$zone.console"
fi

refuse() {
  state=$(zoneadm -z "$zone" list -p | cut -d: -f3)
  echo "zlogin: login allowed only to running zones ($zone is '$state')." >&2
  exit 1
}
json=$(cat "$run/$zone.state" 2>/dev/null) || refuse
case $json in
*'"state":"running"'*) ;;
*) refuse ;;
esac
pid=${json#*'"pid":'} pid=${pid%%,*}
expected=${json#*'"startTime":"'} expected=${expected%%\"*}
read -r stat 2>/dev/null <"/proc/$pid/stat" || refuse
# shellcheck disable=SC2086 # the fields of stat are words
start=$(set -- ${stat##*) } && echo "${20}")
[ "$start" = "$expected" ] || refuse

# As on the real thing the words are joined by blanks and read by a shell in the zone.
if [ $# -gt 0 ]; then
  words=$*
  if [ "$user" = root ] || [ -n "$failsafe" ]; then set -- /bin/sh -c "$words"; else set -- /bin/su "$user" -c "$words"; fi
elif [ -n "$failsafe" ]; then
  set -- /bin/sh
else
  echo "[Connected to zone '$zone' pts/1]" >&2
  set -- /bin/su -l "$user"
fi
home=/
[ "$user" != root ] || [ ! -d "/proc/$pid/root/root" ] || home=/root
# A zone that halts stops all its processes for a moment (killall5), and an nsenter that has forked would stop with its child and
# never go on. So what waits for the command is a shell outside the zone's processes.
# shellcheck disable=SC2016 # expanded by that shell
exec nsenter --target "$pid" --pid --no-fork -- /bin/sh -c '"$@"; exit $?' zlogin \
  nsenter --target "$pid" --mount --uts --ipc --net --root -- \
  setpriv --pdeathsig TERM --bounding-set=-sys_admin,-sys_module,-sys_rawio,-sys_time,-mknod,-syslog \
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" SHELL=/bin/sh USER="$user" LOGNAME="$user" TERM="${TERM:-dumb}" ZONENAME="$zone" "$@"
