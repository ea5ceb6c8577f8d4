#!/bin/sh
# svcs: the services of a zone. An lx zone's are its sysv services, a native zone's are what its acted-out boot recorded.
# With -z ZONE from the host (illumos only), without it of the place where it runs. Options: -a -H -o COLUMN,... -x, which lists
# what is not online, and -v -p, which change nothing.
usage() {
  echo 'usage: svcs [-aHpv] [-z zone] [-o col[,col ...]] [FMRI | pattern] ...' >&2
  exit 2
}
zone='' columns=state,stime,fmri header=yes all='' trouble=''
while getopts aHpvxz:o: option; do
  case $option in
  a) all=yes ;;
  H) header='' ;;
  z)
    # Solaris 10 has no such option
    case ${SANDBOX_RELEASE-} in s10*) usage ;; esac
    zone=$OPTARG
    ;;
  o) columns=$(printf %s "$OPTARG" | tr '[:upper:]' '[:lower:]') ;;
  x) trouble=yes header='' ;;
  p | v) ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
run=/var/run/zones

# The lines "STATE FMRI" of an lx zone. It is up when its init has entered a runlevel and no rc script of it is left.
lx_services() {
  up=offline
  if lx_is_up "$1" && sleep 0.1 && lx_is_up "$1"; then up=online; fi
  echo "online svc:/milestone/single-user:default"
  echo "$up svc:/milestone/multi-user:default"
  echo "$up svc:/milestone/multi-user-server:default"
  for link in "/proc/$1/root/etc/rc2.d"/S*; do
    [ -L "$link" ] || continue
    service=${link##*/S??}
    state=online
    [ "$up" = online ] || state=offline
    case " $wanted " in
    *"$service"*) zlogin "$zone" "service $service status" >/dev/null 2>&1 </dev/null || state=offline ;;
    esac
    echo "$state svc:/system/sysv/$service:default"
  done
}

lx_is_up() {
  runlevel=$(nsenter --target "$1" --mount --root -- /bin/sh -c runlevel 2>/dev/null)
  case $runlevel in
  *[2-5]) ! pgrep --ns "$1" --nslist pid -f '^(/bin/sh )?/etc/init.d/rc( |$)|^startpar ' >/dev/null ;;
  *) return 1 ;;
  esac
}

services() {
  if [ -z "$zone" ] && [ -f /run/services/services ]; then
    cat /run/services/services
    return
  fi
  if [ -z "$zone" ] || [ "$zone" = global ]; then
    for fmri in milestone/single-user milestone/multi-user milestone/multi-user-server system/zones network/ssh; do
      echo "online svc:/$fmri:default"
    done
    return
  fi
  case $zone in
  */* | .*) return 1 ;;
  esac
  json=$(cat "$run/$zone.state" 2>/dev/null)
  case $json in
  *'"state":"running"'*) ;;
  *)
    echo "svcs: zone '$zone' is not running" >&2
    return 1
    ;;
  esac
  pid=${json#*'"pid":'} pid=${pid%%,*}
  if [ -f "$run/$zone.services/services" ]; then cat "$run/$zone.services/services"; else lx_services "$pid"; fi
}

# matches FMRI PATTERN: the whole name, or its last components, without svc:/ and :default if need be
matches() {
  short=${1#svc:/} pattern=${2#svc:/}
  for name in "$short" "${short%:*}"; do
    # shellcheck disable=SC2254 # a glob is what svcs takes
    case $name in
    $pattern | */$pattern | *:$pattern) return 0 ;;
    esac
  done
  return 1
}

wanted=$*
listed=$(services) || exit 1
[ -z "$trouble" ] || listed=$(printf '%s\n' "$listed" | grep -Ev '^(online|disabled) ')
[ -n "$all" ] || [ $# -gt 0 ] || listed=$(printf '%s\n' "$listed" | grep -v '^disabled ')

print_line() { # print_line STATE FMRI
  line=''
  for column in $(printf %s "$columns" | tr , ' '); do
    name=${2#svc:/}
    case $column in
    state | sta) field=$1 ;;
    nstate) field=- ;;
    stime) field=- ;;
    svc) field=${name%:*} ;;
    inst) field=${name##*:} ;;
    zone) field=${zone:-global} ;;
    *) field=$2 ;;
    esac
    # one column stands bare, several are padded as svcs does
    if [ "$columns" = "$column" ]; then line=$field; else line="$line$(printf '%-14s ' "$field")"; fi
  done
  printf '%s\n' "$line" | sed 's/ *$//'
}

if [ -n "$header" ]; then
  printf '%s\n' "$columns" | tr '[:lower:],' '[:upper:] ' | {
    read -r titles
    line=''
    for title in $titles; do line="$line$(printf '%-14s ' "$title")"; done
    printf '%s\n' "$line" | sed 's/ *$//'
  }
fi
status=0
if [ $# -eq 0 ]; then
  [ -z "$listed" ] || printf '%s\n' "$listed" | while read -r state fmri; do print_line "$state" "$fmri"; done
  exit
fi
for pattern in "$@"; do
  found=$(printf '%s\n' "$listed" | while read -r state fmri; do
    if matches "$fmri" "$pattern"; then print_line "$state" "$fmri"; fi
  done)
  if [ -n "$found" ]; then
    printf '%s\n' "$found"
  else
    echo "svcs: Pattern '$pattern' doesn't match any instances" >&2
    status=1
  fi
done
exit $status
