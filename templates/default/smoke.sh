#!/bin/sh
# Runs inside the zone, Debian's or Solaris': its services are up, its disk takes files, its packages are whole.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "smoke: $*" >&2
  exit 1
}

file=/var/tmp/smoke.$$
echo written >$file || die "/var/tmp takes no file"
rm -f $file

case $ZONEFLASH_BRAND in
lx)
  comm=`cat /proc/1/comm`
  [ "$comm" = init ] || die "process 1 is $comm, expected init"
  dpkg --audit || die "packages are not whole"
  echo "Debian `cat /etc/debian_version` is up"
  ;;
*)
  state=`svcs -H -o state milestone/multi-user-server:default`
  [ "$state" = online ] || die "milestone multi-user-server is $state, expected online"
  pkginfo SUNWcsr >/dev/null || die "the package SUNWcsr is not installed"
  echo "`sed 1q /etc/release` is up"
  ;;
esac
