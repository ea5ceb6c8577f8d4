#!/bin/sh
# Runs inside the zone: its services are up, its disk is writable, its packages are whole.
set -eu
[ "$(cat /proc/1/comm)" = init ] || {
  echo "smoke: process 1 is $(cat /proc/1/comm), expected init" >&2
  exit 1
}
trap 'rm -f /var/tmp/smoke.$$' EXIT
: >/var/tmp/smoke.$$
dpkg --audit
echo "Debian $(cat /etc/debian_version) is up"
