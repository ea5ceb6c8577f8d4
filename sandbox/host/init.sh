#!/bin/bash
# Pid 1 of a sandbox host: builds the host's root, moves into it, then reaps orphans until it is killed.
# Runs in fresh pid, mount, uts, ipc and net namespaces; everything made here goes when it dies.
# usage: init.sh STATE REPOSITORY HOST
set -eu
state=$1 repository=$2 host=$3
root=$state/root

# /proc is still the machine's here, so this is our pid as the machine counts it.
read -r stat </proc/self/stat
rest=${stat##*) }
# shellcheck disable=SC2086 # the fields of stat are words
set -- $rest
echo "${stat%% *} ${20}" >"$state/supervisor"

mkdir -p "$root"
mount --bind "$root" "$root"
cd "$root"
mkdir -p usr etc proc sys dev run tmp root zones zoneflash opt home mnt srv \
  var/log/zones var/tmp var/spool var/cache var/lib/sandbox var/sadm/pkg var/sadm/install var/empty
chmod 1777 tmp var/tmp
chmod 700 root
ln -s /run var/run
ln -s /run/lock var/lock
mkdir -p run/lock run/zones

# The machine's programs and settings, with the host's own changes on top.
overlay() {
  mkdir -p "$state/$1-upper" "$state/$1-work"
  mount -t overlay "sandbox-$1" -o "lowerdir=/$1,upperdir=$state/$1-upper,workdir=$state/$1-work" "$1" 2>/dev/null && return
  # an upper directory that itself lies on an overlay is refused by the kernel: keep it in memory
  mkdir -p "$state/$1-memory"
  mount -t tmpfs tmpfs "$state/$1-memory"
  mkdir "$state/$1-memory/upper" "$state/$1-memory/work"
  mount -t overlay "sandbox-$1" -o "lowerdir=/$1,upperdir=$state/$1-memory/upper,workdir=$state/$1-memory/work" "$1"
}
overlay usr
overlay etc
for directory in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$directory" ]; then
    cp -P "/$directory" "$directory"
  elif [ -d "/$directory" ]; then
    mkdir "$directory"
    mount --bind "/$directory" "$directory"
  fi
done
mkdir -p ".$repository"
mount --bind "$repository" ".$repository"
mount -o remount,bind,ro ".$repository"

mount -t tmpfs -o mode=755 tmpfs dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
[ ! -e /dev/fuse ] || cp -a /dev/fuse dev/
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,mode=620,ptmxmode=666,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t proc proc proc
mount -t sysfs sysfs sys

hostname "$host"
echo "$host" >etc/hostname
echo "$host" >etc/nodename
printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$host" >etc/hosts
rm -f etc/resolv.conf
rm -rf etc/zones
mkdir -p etc/zones
echo 1 >proc/sys/net/ipv4/ip_forward
ip link set lo up

pivot_root . .
umount -l .
cd /
: >/run/moved-in
exec </dev/null >/dev/null 2>&1
# bash as pid 1 waits for every child, also for those that others left to it.
while :; do
  sleep infinity &
  wait $!
done
