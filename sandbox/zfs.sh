# zfs as the host's scripts see it: what takes a file system away waits a moment for it. Everything else goes straight to the program.
real=/usr/lib/sandbox/zfs
case ${1-} in
destroy | rename | umount | unmount)
  . "${0%/*}/when-busy.sh"
  try_again_when_busy 20 "$real" "$@"
  ;;
*) exec "$real" "$@" ;;
esac
