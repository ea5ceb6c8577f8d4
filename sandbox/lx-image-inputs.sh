#!/bin/sh
# Prints all that decides what make-lx-image.sh makes, a line each: usage: lx-image-inputs.sh
# Of the packages that the mirror holds it asks the digest of the release file. Without an answer the last known one stands;
# `release unknown` when there was none ever.
set -eu
here=$(dirname "$0")
script=$here/make-lx-image.sh
suite=$(sed -n 's/^suite=//p' "$script")
cache=${ZONEFLASH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zoneflash}
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=sandbox/debian-mirror.sh
. "$here/debian-mirror.sh"
mirror=$(debian_mirror)

release_digest() {
  at=${mirror:-$(default_mirror)}
  last=$cache/$suite.release
  mkdir -p "$cache"
  fetched=$(mktemp "$last.XXXXXX")
  trap 'rm -f "$fetched"' EXIT
  if curl -fsSL --connect-timeout 10 --max-time 60 -o "$fetched" "${at%/}/dists/$suite/InRelease" 2>/dev/null; then
    # the digest first: what is written after it says of which mirror
    printf '%s %s\n' "$(sha256sum <"$fetched" | sed 's/ .*//')" "$at" >"$fetched.new"
    mv "$fetched.new" "$last"
  else
    echo "lx-image-inputs: the release file of $suite cannot be fetched from ${at:-any mirror}: what was last known stands" >&2
  fi
  known=$(sed -n "s|^\([0-9a-f]*\) $at\$|\1|p" "$last" 2>/dev/null || true)
  echo "${known:-unknown}"
}

# What debootstrap takes when it is told none.
default_mirror() {
  sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' "$(command -v debootstrap)" 2>/dev/null || true
}

echo "suite $suite"
sed -n 's/^include=/packages /p' "$script"
echo "mirror $mirror"
echo "release $(release_digest)"
cat "$script" "$here/lx-image/first-boot" | sha256sum | sed 's/ .*//; s/^/script /'
