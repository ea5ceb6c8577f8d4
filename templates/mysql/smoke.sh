#!/bin/sh
# Runs inside the zone, Debian's or Solaris': the database answers. It is started if it is not up.
PATH=/usr/sfw/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "smoke: $*" >&2
  exit 1
}

case $ZONEFLASH_BRAND in
lx) service mariadb status >/dev/null 2>&1 || service mariadb start || die "mariadb does not start" ;;
*)
  svcadm enable -s mysql || die "svc:/application/mysql does not come up: svcs -x mysql"
  state=`svcs -H -o state mysql`
  [ "$state" = online ] || die "svc:/application/mysql is $state, expected online"
  [ -f /var/mysql/my.cnf ] || die "there is no /var/mysql/my.cnf"
  # Outside Solaris nothing of /usr/sfw runs: the service's state is all there is to ask.
  if [ "`uname -s`" != SunOS ]; then
    echo "application/mysql is online"
    exit 0
  fi
  ;;
esac

tries=0
until mysqladmin status; do
  tries=`expr "$tries" + 1`
  [ "$tries" -lt 30 ] || die "mysqladmin status fails"
  sleep 1
done
