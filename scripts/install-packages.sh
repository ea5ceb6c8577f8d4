#!/bin/sh
# Installs the Debian packages that the sandbox, the tests and the measurements run. Says what and why first.
# Without root it says what is left out and succeeds: the rest works without them.
set -eu

# package:program or file:what it is for
wanted='
debootstrap:debootstrap:builds the lx zone image (Debian 12)
debian-archive-keyring:/usr/share/keyrings/debian-archive-keyring.gpg:verifies what the image is made of
zfs-fuse:zfs-fuse:real ZFS for the sandbox hosts (pool version 23)
iproute2:ip:network namespaces and veths of sandbox hosts and zones
util-linux:nsenter:namespaces
procps:ps:process states
cpio:cpio:packs and reads cpio archives
zstd:zstd:packs and reads zstd
pigz:pigz:packs gzip on all cores
xz-utils:xz:reads xz
bzip2:bzip2:reads bzip2
curl:curl:what hosts fetch with
openssh-client:ssh-keygen:host keys of zones; the ssh transport
redis-server:redis-server:tests of the queue on Redis
libarchive-tools:bsdtar:second reader of our archives in tests
ncompress:compress:writes the compressed archive section of flash archives
sharutils:uuencode:second writer and reader of deployment scripts in tests
ksh:ksh93:finish scripts run under it in tests
mksh:mksh:finish scripts run under it in tests
posh:posh:finish scripts run under it in tests
busybox:busybox:finish scripts run under its sh in tests
xorriso:xorriso:makes the file system that WAN boot asks for
shellcheck:shellcheck:checks the finish scripts
nginx-light:nginx:the other side of the serving measurement
'

PATH=$PATH:/usr/sbin:/sbin
missing=
lines=
while IFS=: read -r package program why; do
  [ -n "$package" ] || continue
  if [ -e "$program" ] || command -v "$program" >/dev/null 2>&1; then continue; fi
  missing="$missing $package"
  lines="$lines
  $package  ($why)"
done <<END
$wanted
END

[ -n "$missing" ] || { echo 'packages: everything is here'; exit 0; }

if ! command -v apt-get >/dev/null 2>&1; then
  echo "packages: this machine has no apt-get; left out, and what needs them is skipped:$lines"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "packages: not root, so these are left out, and what needs them is skipped:$lines"
  echo 'packages: to have them, run as root: scripts/install-packages.sh'
  exit 0
fi
echo "packages: installing$lines"
export DEBIAN_FRONTEND=noninteractive
# Debian starts a service as soon as it is installed; ours are started by the tests, on ports of their own.
guard=/usr/sbin/policy-rc.d
made_guard=
if [ ! -e "$guard" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$guard"
  chmod 755 "$guard"
  made_guard=yes
fi
trap '[ -z "$made_guard" ] || rm -f "$guard"' EXIT
apt-get update -q >/dev/null
# shellcheck disable=SC2086 # a list of package names
apt-get install -y -q --no-install-recommends $missing >/dev/null
echo 'packages: done'
