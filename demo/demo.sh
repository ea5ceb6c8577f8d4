#!/bin/sh
# The main job, for real, on one Linux machine: golden zones on one sandbox host become running clones on another.
set -eu
# shellcheck source=demo/settings.sh
. "$(dirname "$0")/settings.sh"

if [ "$(id -u)" -ne 0 ]; then
  echo 'demo: the sandbox needs root (namespaces, ZFS). Without root there is: make run, and zoneflash template push DIR' >&2
  exit 1
fi
mkdir -p "$demo"

# A test that runs the demo names its process here: when it ends, however it ends, the demo cleans up after itself.
if [ -n "${ZONEFLASH_LIFELINE-}" ] && [ ! -f "$demo/lifeline" ]; then
  echo "$ZONEFLASH_LIFELINE" >"$demo/lifeline"
  # shellcheck disable=SC2016 # expanded by the inner shell
  setsid sh -c 'tail --pid="$1" -f /dev/null; exec "$2"' sh "$ZONEFLASH_LIFELINE" "$root/demo/clean.sh" >/dev/null 2>&1 </dev/null &
fi

echo 'demo: a first run takes 2 to 7 minutes, most of it downloads and packing; a second run goes on where it stopped'

# DEMO_ZFS=server-none: neither the server nor the host that builds has ZFS; the streams are written by the server itself.
golden_zfs=true
golden_options=
if [ "${DEMO_ZFS-}" = server-none ]; then
  golden_zfs=false
  golden_options=--no-zfs
  say 'two sandbox hosts, each with its own network; only demo-host has ZFS'
else
  say 'two sandbox hosts, each with its own ZFS pool and network'
fi
make_host() { # make_host HOST [OPTION]
  if sandbox list | grep -q "^$1 running"; then reused "sandbox host $1"; else sandbox create "$@"; fi
}
make_host golden ${golden_options:+"$golden_options"}
make_host demo-host

say 'the server'
address=$(sandbox address demo-host | cut -f2)
export ZONEFLASH_LISTEN="$address:$port" ZONEFLASH_URL="http://$address:$port" ZONEFLASH_SERVER="http://$address:$port"
if [ -n "$(server_pid)" ]; then
  reused "the server, process $(server_pid)"
else
  (cd "$root" && exec setsid node cli/main.ts up >"$demo/server.log" 2>&1 </dev/null & echo $! >"$demo/server.pid")
  tries=120
  until curl -fsS -o /dev/null "$ZONEFLASH_URL/readyz" 2>/dev/null; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || [ -z "$(server_pid)" ]; then echo 'demo: the server did not start:' >&2; tail -20 "$demo/server.log" >&2; exit 1; fi
    sleep 0.5
  done
  echo "   listens on $ZONEFLASH_URL, log: $demo/server.log"
fi

(unset ZONEFLASH_SERVER && zoneflash use "$ZONEFLASH_URL" --token-file "$ZONEFLASH_DATA/admin.token")

say 'golden builds: each template from its recipe, tried, searched, proven in a clone, published as candidate'
zoneflash host show golden >/dev/null 2>&1 ||
  zoneflash host add golden --transport sandbox:golden --fact "zfs=$golden_zfs" --builds 1
recipes='default mysql web'
if [ -f "${ZONEFLASH_MEDIA:-$root/media}/webmin.deb" ]; then
  recipes="$recipes webmin"
else
  echo '   webmin is left out: put its Debian package in media/ as webmin.deb to have it built too'
fi
# The first one asks for those that are built on it, which are then found unchanged.
for recipe in $recipes; do zoneflash build run "$recipe" --follow; done

say 'candidates become stable'
channel_of() { # channel_of TEMPLATE CHANNEL
  zoneflash template show "$1" --json | sed -n 's/.*"'"$2"'": *"\([^"]*\)".*/\1/p' | head -1
}
for recipe in $recipes; do
  candidate=$(channel_of "$recipe" candidate)
  if [ "$(channel_of "$recipe" stable)" = "$candidate" ]; then
    reused "$recipe@$candidate"
  else
    zoneflash template promote "$recipe" "$candidate" --to stable --why 'the demo trusts its smoke checks'
  fi
done
zoneflash template list

say 'demo-host: its profile, its plan, its token'
zoneflash profile import "$root/profiles/demo.yaml"
zoneflash host show demo-host >/dev/null 2>&1 ||
  zoneflash host add demo-host --profile demo --release illumos --fact zfs=true --fact zpool=23
zoneflash host plan demo-host
url=$(zoneflash host arm demo-host --for 1h --json | sed -n 's/.*"url": *"\([^"]*\)".*/\1/p')

say 'on demo-host: curl -fsS …/zones.sh | sh'
on demo-host sh -c "curl -fsS '${url}zones.sh' | sh"

say 'demo-host: zoneadm list -cv'
on demo-host zoneadm list -cv

say 'personal streams: a clone of the template with its identity in place'
on demo-host awk '/: receive started$/ { zone = $1 } / received in / { print "   " zone " " $0 }' /var/log/zoneflash.log
on demo-host zfs list -o name,used,origin -t filesystem

say 'mysql01, mysql02: mysqladmin status'
on demo-host zlogin mysql01 mysqladmin status
on demo-host zlogin mysql02 mysqladmin status

say 'web01: over its own address'
on demo-host curl -sSI http://192.0.2.12/ | head -1

say 'identities: four clones, each its own; their templates carry none'
fingerprint() { ssh-keygen -lf /dev/stdin | cut -d' ' -f2; }
identity() { # identity HOST ZONE
  node=$(on "$1" cat "/zones/$2/root/etc/hostname")
  id=$(on "$1" cat "/zones/$2/root/etc/machine-id")
  key=$(on "$1" cat "/zones/$2/root/etc/ssh/ssh_host_ed25519_key.pub" | fingerprint)
  printf '%-10s %-9s %-12s %-34s %s\n' "$1" "$2" "$node" "$id" "$key"
}
printf '%-10s %-9s %-12s %-34s %s\n' HOST ZONE NODENAME MACHINE-ID 'SSH HOST KEY'
{
  identity demo-host mysql01
  identity demo-host mysql02
  identity demo-host web01
  identity demo-host web02
} | tee "$demo/identities"
for zone in mysql01 mysql02 web01 web02; do
  for field in 3 4 5; do
    value=$(awk -v zone="$zone" -v field="$field" '$2 == zone { print $field }' "$demo/identities")
    count=$(awk -v value="$value" -v field="$field" '$field == value' "$demo/identities" | wc -l)
    if [ -z "$value" ] || [ "$count" -ne 1 ]; then echo "demo: $zone shares its identity ($value)" >&2; exit 1; fi
  done
done

for template in mysql web; do zoneflash template hygiene "$template@stable"; done

say "the install, as the server saw it"
zoneflash host events demo-host

cat <<END

   The server and both hosts stay up, and npx zoneflash goes to this server (zoneflash use). Look around:
     export PATH="$root/sandbox/bin:\$PATH"${SANDBOX_DIR:+ SANDBOX_DIR=$SANDBOX_DIR}
     sandbox enter demo-host          sandbox enter demo-host -- zlogin web01
     npx zoneflash template files mysql | head
     npx zoneflash build list            npx zoneflash template history mysql
     curl -i $ZONEFLASH_URL/js/demo-host/wrong-token/sysidcfg
   make demo-clean removes everything.
END
