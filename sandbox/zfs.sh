#!/bin/sh
# zfs as the host's scripts see it: zfs-fuse lets go of an unmounted file system a moment late, so a destroy or rename that
# finds the dataset busy is tried again for a second. Everything else goes straight to the program.
real=/usr/lib/sandbox/zfs
case ${1-} in
destroy | rename | umount | unmount) ;;
*) exec "$real" "$@" ;;
esac
tries=0
while :; do
  if said=$("$real" "$@" 2>&1); then
    status=0
  else
    status=$?
  fi
  tries=$((tries + 1))
  case $said in
  *'busy'*) [ "$status" -eq 0 ] || [ "$tries" -ge 20 ] || {
    sleep 0.05
    continue
  } ;;
  esac
  break
done
[ -z "$said" ] || if [ "$status" -eq 0 ]; then printf '%s\n' "$said"; else printf '%s\n' "$said" >&2; fi
exit "$status"
