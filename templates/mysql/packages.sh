#!/bin/sh
# Makes the medium debs.tar on the worker's machine: packages.sh list | packages.sh OUT
set -eu
exec "$ZONEFLASH_ROOT/sandbox/debs-medium.sh" "$1" mariadb-server
