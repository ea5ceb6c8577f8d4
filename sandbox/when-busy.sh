# zfs-fuse lets go of an unmounted file system a moment late: what finds it busy is tried again, up to MOST times.
# try_again_when_busy MOST COMMAND [ARGUMENT...]: prints what the last try said, and ends with its exit status.
try_again_when_busy() {
  left=$1
  shift
  while :; do
    if said=$("$@" 2>&1); then status=0; else status=$?; fi
    left=$((left - 1))
    case $status:$said in
    0:*) break ;;
    *busy*) [ "$left" -gt 0 ] || break ;;
    *) break ;;
    esac
    sleep 0.05
  done
  [ -z "$said" ] || if [ "$status" -eq 0 ]; then printf '%s\n' "$said"; else printf '%s\n' "$said" >&2; fi
  exit "$status"
}
