#!/bin/sh
# Runs inside the zone, Debian's or Solaris': Apache answers with our page. It is started if it is not up.
PATH=/usr/sfw/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "smoke: $*" >&2
  exit 1
}

case $ZONEFLASH_BRAND in
lx)
  service apache2 status >/dev/null 2>&1 || service apache2 start || die "apache2 does not start"
  curl -fsS http://127.0.0.1/ | grep 'a zone in a flash' >/dev/null || die "http://127.0.0.1/ is not our page"
  ;;
*)
  svcadm enable -s apache2 || die "svc:/network/http:apache2 does not come up: svcs -x apache2"
  state=`svcs -H -o state apache2`
  [ "$state" = online ] || die "svc:/network/http:apache2 is $state, expected online"
  grep 'a zone in a flash' /var/apache2/htdocs/index.html >/dev/null || die "/var/apache2/htdocs has not our page"
  # Outside Solaris no Apache runs: the service's state is all there is to ask.
  if [ "`uname -s`" = SunOS ]; then
    wget -q -O /dev/null http://127.0.0.1/ || die "http://127.0.0.1/ does not answer"
  fi
  ;;
esac
echo "Apache answers"
