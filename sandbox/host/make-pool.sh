#!/bin/sh
# Runs inside a new sandbox host: starts its own zfs-fuse daemon and makes its pool on a sparse file.
# usage: make-pool.sh POOL SIZE
set -eu
pool=$1 size=$2
mkdir -p /run/zfs
rm -f /etc/zfs/zpool.cache
zfs-fuse --pidfile /run/zfs-fuse.pid --no-kstat-mount
tries=0
until zpool list >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || {
    echo 'zfs-fuse does not answer' >&2
    exit 1
  }
  sleep 0.05
done
truncate -s "$size" /var/lib/sandbox/pool
zpool create -f -O atime=off "$pool" /var/lib/sandbox/pool
zfs create -o mountpoint=/zones "$pool/zones"
zfs create -o mountpoint=/zoneflash "$pool/zoneflash"
