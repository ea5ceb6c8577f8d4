#!/bin/sh
# Builds a Debian 12 zoneroot with sysvinit as a tarball that lx-brand zones run: usage: make-lx-image.sh OUT.tar.gz
# Packages come from this machine's own Debian mirror (or ZONEFLASH_DEBIAN_MIRROR) and are kept in the download cache.
# Beside it, OUT's name with .inputs for .tar.gz says what it was made of: the lines of lx-image-inputs.sh.
set -eu
suite=bookworm
include=sysvinit-core,openssh-server,iproute2,procps,curl,netbase

out=${1:?usage: make-lx-image.sh OUT.tar.gz}
[ "$(id -u)" -eq 0 ] || {
  echo 'make-lx-image: debootstrap needs root (chroot, owners); without it there is no lx image' >&2
  exit 1
}
PATH=$PATH:/usr/sbin:/sbin
command -v debootstrap >/dev/null || {
  echo 'make-lx-image: debootstrap: not found; install the package debootstrap' >&2
  exit 1
}
# shellcheck source=sandbox/debian-mirror.sh
. "$(dirname "$0")/debian-mirror.sh"
mirror=$(debian_mirror)
cache=${ZONEFLASH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zoneflash}
mkdir -p "$cache/debootstrap" "$(dirname "$out")"
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root

# before the packages are fetched: what the mirror changes meanwhile makes the image anew next time
"$(dirname "$0")/lx-image-inputs.sh" >"$work/inputs"

# In namespaces of its own, so that neither mounts nor processes of the build outlive it.
unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include="$include" \
  --cache-dir="$cache/debootstrap" "$suite" "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 || {
  echo "make-lx-image: debootstrap of $suite from ${mirror:-its default mirror} failed; ZONEFLASH_DEBIAN_MIRROR names another:" >&2
  tail -5 "$work/log" >&2
  exit 1
}

# A zone has no disks, clock or kernel settings of its own to take care of. The umount scripts stay: at a halt insserv
# hangs everything else before them, and without them a database is not waited for.
for script in hwclock.sh checkroot.sh checkroot-bootclean.sh checkfs.sh mountall.sh mountall-bootclean.sh \
  mountkernfs.sh mountdevsubfs.sh mountnfs.sh mountnfs-bootclean.sh procps udev brightness kmod \
  bootmisc.sh hostname.sh; do
  chroot "$root" update-rc.d -f "$script" remove >/dev/null 2>&1 || true
done
# No terminals but the console, and that is a log.
sed -i -e 's/^\([1-6]:.*getty\)/#\1/' -e 's/^ca:/#ca:/' "$root/etc/inittab"
cp "$(dirname "$0")/lx-image/first-boot" "$root/etc/init.d/first-boot"
chmod 755 "$root/etc/init.d/first-boot"
chroot "$root" update-rc.d first-boot defaults >/dev/null
: >"$root/etc/fstab"
printf 'localhost\n' >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"

# Nothing of this machine or of the build may travel: identity, caches, logs, devices.
: >"$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/resolv.conf" "$root"/var/lib/dbus/machine-id
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/debootstrap \
  "$root"/var/cache/ldconfig/aux-cache "$root"/var/cache/debconf/*-old "$root"/etc/*- "$root"/tmp/* "$root"/run/*
find "$root/var/log" -type f -delete
find "$root/dev" -mindepth 1 -delete

tar -C "$root" --numeric-owner --sort=name --mtime="@${SOURCE_DATE_EPOCH:-1700000000}" --clamp-mtime -cf "$work/image.tar" .
case $out in
*.tar) cp "$work/image.tar" "$out.part" ;;
*.tar.zst) zstd -q -T0 "$work/image.tar" -o "$out.part" ;;
*.tar.xz) xz -c -T0 "$work/image.tar" >"$out.part" ;;
*) gzip -n -6 <"$work/image.tar" >"$out.part" ;;
esac
rm -f "${out%.tar*}.inputs"
mv "$out.part" "$out"
cp "$work/inputs" "${out%.tar*}.inputs.part"
mv "${out%.tar*}.inputs.part" "${out%.tar*}.inputs"
