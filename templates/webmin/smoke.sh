#!/bin/sh
# Runs inside the zone, Debian's or Solaris': Webmin's server runs. It is started if it is not up.
PATH=/usr/sfw/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
pidfile=/var/webmin/miniserv.pid

die() {
  echo "smoke: $*" >&2
  exit 1
}

runs() {
  [ -f $pidfile ] && kill -0 "`cat $pidfile`" 2>/dev/null
}

[ -x /etc/webmin/start ] || die "there is no /etc/webmin/start, expected Webmin's package to have made it"
runs || /etc/webmin/start || die "/etc/webmin/start failed"
tries=0
until runs; do
  tries=`expr "$tries" + 1`
  [ "$tries" -lt 30 ] || die "Webmin does not run: $pidfile names no process"
  sleep 1
done
if [ "$ZONEFLASH_BRAND" = lx ]; then
  curl -ksS -o /dev/null https://127.0.0.1:10000/ || curl -sS -o /dev/null http://127.0.0.1:10000/ ||
    die "nothing answers at port 10000"
fi
echo "Webmin runs"
if [ -f /etc/webmin/miniserv.pem-of ]; then echo "its key is of `cat /etc/webmin/miniserv.pem-of`"; fi
