#!/bin/sh
# Makes the medium debian-12.tar.gz on the worker's machine: bootstrap.sh list | bootstrap.sh OUT
# The image is kept in the cache as long as nothing changes that decides what it is: the script that makes it, and the mirror.
set -eu
script=$ZONEFLASH_ROOT/sandbox/make-lx-image.sh
first_boot=$ZONEFLASH_ROOT/sandbox/lx-image/first-boot
# shellcheck source=sandbox/debian-mirror.sh
. "$ZONEFLASH_ROOT/sandbox/debian-mirror.sh"

list() {
  sed -n -e 's/^suite=/suite /p' -e 's/^include=/packages /p' "$script"
  echo "mirror $(debian_mirror)"
  cat "$script" "$first_boot" | sha256sum | sed 's/ .*//; s/^/script /'
}

[ "$1" != list ] || {
  list
  exit 0
}
image=$ZONEFLASH_CACHE/debian-12-lx.tar.gz
mark=$ZONEFLASH_CACHE/debian-12-lx.inputs
# one at a time: builds of several hosts share the cache
exec 9>"$ZONEFLASH_CACHE/debian-12-lx.lock"
flock 9
if [ ! -f "$image" ] || { [ -f "$mark" ] && [ "$(cat "$mark")" != "$(list)" ]; }; then
  "$script" "$image"
fi
list >"$mark.$$"
mv "$mark.$$" "$mark"
cp "$image" "$1"
