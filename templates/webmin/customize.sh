#!/bin/sh
# Runs inside the zone: installs Webmin and what it depends on, as the zone has no network yet.
set -eu
debs=/var/tmp/debs
mkdir "$debs"
trap 'rm -rf "$debs"' EXIT
tar -C "$debs" -xf "$ZONEFLASH_MEDIA_DIR/debs.tar"
cp "$ZONEFLASH_MEDIA_DIR/webmin.deb" "$debs"
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$debs"/*.deb
update-rc.d webmin-key defaults
