#!/bin/sh
# Downloads Debian packages with their dependencies for a zone without network: fetch-debs.sh IMAGE_TARBALL|ROOT OUTDIR PACKAGE...
# With `list` for OUTDIR nothing is downloaded: it prints what would be, a line of name, version and architecture each.
# What the image already has is left out. In the zone: apt-get -y --no-install-recommends install /dir/*.deb
set -eu
[ $# -ge 3 ] || {
  echo 'usage: fetch-debs.sh IMAGE_TARBALL|ROOT OUTDIR|list PACKAGE...' >&2
  exit 2
}
image=$1 out=$2
shift 2
[ "$(id -u)" -eq 0 ] || {
  echo 'fetch-debs: apt in a chroot needs root; without it no packages are fetched' >&2
  exit 1
}
PATH=$PATH:/usr/sbin:/sbin
cache=${ZONEFLASH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zoneflash}
mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$(dirname "$out")"
# The lists, archives and root of the cache are for one apt at a time.
exec 9>"$cache/apt/lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM

if [ -d "$image" ]; then
  root=$work/root
  mkdir "$root"
  cp -a "$image/." "$root"
else
  # apt installs nothing in it: one unpacked tree serves until there is another image
  root=$cache/apt/root
  unpacked=$(stat -c '%n %i %Y %s' "$image")
  if [ "$(cat "$root.of" 2>/dev/null)" != "$unpacked" ]; then
    rm -rf --one-file-system "$root" "$root.of"
    mkdir "$root"
    tar --numeric-owner -xpf "$image" -C "$root"
    echo "$unpacked" >"$root.of"
  fi
fi
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"

# The mounts end with this shell's namespace.
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --kill-child sh -euc '
  root=$1 cache=$2 out=$3 simulated=$4
  shift 4
  mkdir -p "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  mount --bind "$cache/apt/lists" "$root/var/lib/apt/lists"
  mount --bind "$cache/apt/archives" "$root/var/cache/apt/archives"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev"
  cp -a /dev/null /dev/zero /dev/urandom "$root/dev/"
  export DEBIAN_FRONTEND=noninteractive
  apt() { chroot "$root" apt-get -q -y -o APT::Sandbox::User=root --no-install-recommends "$@"; }
  # several recipes that are looked at in a row share the lists of the first
  [ -n "$(find "$cache/apt/updated" -mmin -5 2>/dev/null)" ] || {
    apt update
    : >"$cache/apt/updated"
  }
  [ "$out" = list ] || apt --download-only install "$@"
  apt --simulate install "$@" >"$simulated"
' fetch "$root" "$cache" "$out" "$work/simulated" "$@" >"$work/log" 2>&1 || {
  echo "fetch-debs: $* could not be fetched:" >&2
  tail -5 "$work/log" >&2
  exit 1
}

installs() {
  sed -n 's/^Inst \([^ ]*\) .*(\([^ ]*\) .*\[\([^]]*\)\]).*/\1 \2 \3/p' "$work/simulated"
}
if [ "$out" = list ]; then
  installs | LC_ALL=C sort
  exit
fi

# apt names a file PACKAGE_VERSION_ARCHITECTURE.deb, with %3a for the colon of an epoch.
mkdir "$work/out"
installs | sed -e 's/ /_/g' -e 's/:/%3a/g' -e 's/$/.deb/' |
  while read -r deb; do cp "$cache/apt/archives/$deb" "$work/out/"; done
[ -n "$(ls "$work/out")" ] || echo "fetch-debs: the image already has $*" >&2
rm -rf "$out"
mv "$work/out" "$out"
chmod 755 "$out"
