#!/bin/sh
# Builds the golden zones on the sandbox host `golden` and leaves them halted and detached. Prints what it reuses.
#   golden.sh default             Debian 12
#   golden.sh applications SNAP   mysql (MariaDB) and web (Apache), cloned from default's snapshot SNAP: the one that its
#                                 version was packaged from, so that ZFS can send them as increments to it
set -eu
# shellcheck source=demo/settings.sh
. "$(dirname "$0")/settings.sh"

state_of() { on golden zoneadm -z "$1" list -p 2>/dev/null | cut -d: -f3; }

# A zone is a template when it is configured and its zonepath holds the detached manifest.
is_template() { on golden test -f "/zones/$1/SUNWdetached.xml"; }

wait_until_up() {
  tries=120
  until [ "$(on golden svcs -z "$1" -H -o state svc:/milestone/multi-user-server:default 2>/dev/null)" = online ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "golden: zone $1 did not come up" >&2; exit 1; }
    sleep 0.5
  done
}

# customise ZONE: the shell commands on stdin run inside the zone
customise() { on golden zlogin "$1" sh -eus; }

build_default() {
  remove_half_done default
  say 'golden: zone default (lx, Debian 12)'
  on golden sh -c 'cat >/var/tmp/debian-12.tar.gz' <"$image"
  on golden zonecfg -z default -f - <<'END'
create -b
set zonepath=/zones/default
set brand=lx
set ip-type=exclusive
add attr
set name=kernel-version
set type=string
set value=6.1
end
commit
END
  on golden zoneadm -z default install -t /var/tmp/debian-12.tar.gz
  on golden zoneadm -z default boot
  wait_until_up default
  on golden zoneadm -z default halt
}

# An earlier run that died halfway left a zone that proves nothing: it is made anew.
remove_half_done() {
  [ -n "$(state_of "$1")" ] || return 0
  [ "$(state_of "$1")" != running ] || on golden zoneadm -z "$1" halt
  [ "$(state_of "$1")" = configured ] || on golden zoneadm -z "$1" uninstall -F
  on golden zonecfg -z "$1" delete -F
}

# build_from_default SNAPSHOT ZONE PACKAGE: the commands that set up and try the zone's service come on stdin
build_from_default() {
  snapshot=$1 zone=$2 package=$3
  remove_half_done "$zone"
  if [ -d "$debs/$zone" ]; then
    reused "$debs/$zone"
  else
    "$root/sandbox/fetch-debs.sh" "$image" "$debs/$zone" "$package"
  fi
  say "golden: zone $zone, cloned from default, with $package"
  on golden zonecfg -z "$zone" "create -t default; set zonepath=/zones/$zone"
  on golden zoneadm -z "$zone" clone -s "$snapshot" default
  on golden mkdir "/zones/$zone/root/var/tmp/debs"
  tar -C "$debs/$zone" -cf - . | on golden tar -C "/zones/$zone/root/var/tmp/debs" -xf -
  on golden zoneadm -z "$zone" boot
  wait_until_up "$zone"
  customise "$zone" <<END
echo $zone >/etc/hostname
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
rm -f /etc/ssh/ssh_host_*_key*
ssh-keygen -q -A
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -y --no-install-recommends install /var/tmp/debs/*.deb >/var/log/customise.log 2>&1 ||
  { tail -20 /var/log/customise.log; exit 1; }
rm -r /var/tmp/debs
END
  customise "$zone"
}

# seal ZONE: from a zone that has been tried to a template
seal() {
  [ "$(state_of "$1")" != running ] || on golden zoneadm -z "$1" halt
  on golden zoneadm -z "$1" detach
  echo "   golden: $1 is halted and detached"
}

image=$cache/debian-12-lx.tar.gz
debs=$cache/debs

golden_default() {
  if is_template default; then
    reused "golden's detached zone default"
    return 0
  fi
  if [ -f "$image" ]; then reused "$image"; else "$root/sandbox/make-lx-image.sh" "$image"; fi
  build_default
  seal default
}

golden_applications() { # SNAPSHOT
  wanted=
  for zone in mysql web; do
    if is_template "$zone"; then reused "golden's detached zone $zone"; else wanted="$wanted $zone"; fi
  done
  [ -n "$wanted" ] || return 0
  on golden zoneadm -z default attach
  for zone in $wanted; do
    case $zone in
    mysql) build_from_default "$1" mysql mariadb-server <<'END' ;;
service mariadb status >/dev/null 2>&1 || service mariadb start >/dev/null
mysqladmin status
service mariadb stop >/dev/null
END
    web) build_from_default "$1" web apache2 <<'END' ;;
echo '<h1>a zone in a flash</h1>' >/var/www/html/index.html
service apache2 status >/dev/null 2>&1 || service apache2 start >/dev/null
curl -fsS http://127.0.0.1/
service apache2 stop >/dev/null
END
    esac
    seal "$zone"
  done
  seal default
}

"golden_$1" "${2-}"
