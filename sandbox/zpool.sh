# zpool as the host's scripts see it: zfs-fuse boots nothing and keeps no property bootfs, so a property of the pool's own file
# system stands for it. A pool is let go of a moment late. Everything else goes straight to the program.
real=/usr/lib/sandbox/zpool
case ${1-}:${2-} in
set:bootfs=*)
  dataset=${2#bootfs=}
  pool=${3-}
  case $dataset in
  "$pool"/*) if zfs list -H -o name "$dataset" >/dev/null 2>&1; then exec zfs set "sandbox:bootfs=$dataset" "$pool"; fi ;;
  esac
  echo "cannot set property for '$pool': invalid property value" >&2
  exit 1
  ;;
get:bootfs)
  "$real" list -H -o name "${3-}" >/dev/null || exit 1
  value=$(zfs get -H -o value sandbox:bootfs "$3")
  source=local
  [ "$value" != - ] || source=default
  printf 'NAME   PROPERTY  VALUE   SOURCE\n%s  bootfs    %s       %s\n' "$3" "$value" "$source"
  ;;
destroy:* | export:*)
  . "${0%/*}/when-busy.sh"
  try_again_when_busy 100 "$real" "$@"
  ;;
*) exec "$real" "$@" ;;
esac
