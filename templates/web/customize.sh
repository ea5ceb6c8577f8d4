#!/bin/sh
# Runs inside the zone: installs Apache from the medium, as the zone has no network yet.
set -eu
debs=/var/tmp/debs
mkdir "$debs"
trap 'rm -rf "$debs"' EXIT
tar -C "$debs" -xf "$ZONEFLASH_MEDIA_DIR/debs.tar"
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$debs"/*.deb
install -m 644 index.html /var/www/html/index.html
