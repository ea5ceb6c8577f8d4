#!/bin/sh
# Makes the medium debian-12.tar.gz on the worker's machine: bootstrap.sh list | bootstrap.sh OUT
# The image is kept in the cache as long as nothing changes that decides what it is: the scripts that make it, and what the
# mirror holds.
set -eu
inputs=$("$ZONEFLASH_ROOT/sandbox/lx-image-inputs.sh")
[ "$1" != list ] || {
  echo "$inputs"
  exit 0
}
image=$ZONEFLASH_CACHE/debian-12-lx.tar.gz
mark=$ZONEFLASH_CACHE/debian-12-lx.inputs
# one at a time: builds of several hosts share the cache
exec 9>"$ZONEFLASH_CACHE/debian-12-lx.lock"
flock 9
if [ ! -f "$image" ]; then
  "$ZONEFLASH_ROOT/sandbox/make-lx-image.sh" "$image"
elif echo "$inputs" | grep '^release unknown$' >/dev/null; then
  echo "the image from $(date -r "$image" +%F) is taken: nobody knows what the mirror holds now" >&2
elif [ "$(cat "$mark" 2>/dev/null)" != "$inputs" ]; then
  "$ZONEFLASH_ROOT/sandbox/make-lx-image.sh" "$image"
fi
cp "$image" "$1"
