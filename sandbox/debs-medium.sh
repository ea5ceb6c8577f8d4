#!/bin/sh
# A recipe's medium of Debian packages for a zone without network: debs-medium.sh list|OUT.tar PACKAGE...
#   list   prints name, version and digest of each package that a zone of the Debian 12 image would install, nothing is downloaded
#   OUT    a tar of those packages; in the zone: apt-get -y --no-install-recommends install *.deb
# Names are resolved by apt in a chroot of the image in the cache, against today's package lists of its mirror.
set -eu
[ $# -ge 2 ] || {
  echo 'usage: debs-medium.sh list|OUT.tar PACKAGE...' >&2
  exit 2
}
out=$1
shift
here=$(dirname "$0")
cache=${ZONEFLASH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zoneflash}
image=$cache/debian-12-lx.tar.gz
mkdir -p "$cache"
# one at a time: builds of several hosts share the cache
exec 8>"$cache/debian-12-lx.lock"
flock 8
[ -f "$image" ] || "$here/make-lx-image.sh" "$image"
exec 8>&-

if [ "$out" = list ]; then
  exec "$here/fetch-debs.sh" "$image" list "$@"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
"$here/fetch-debs.sh" "$image" "$work/debs" "$@"
tar -C "$work/debs" --owner=0 --group=0 --numeric-owner --sort=name --mtime=@0 -cf "$out" .
