#!/bin/bash
# Pid 1 of a zone before its own init: mounts what the zone sees, enters the zoneroot, hands over.
# usage: zone-init.sh NAME ID BRAND ZONEROOT
set -eu
name=$1 id=$2 brand=$3 root=$4
run=/var/run/zones
# What a zone may not do: mount, load modules, set the clock, make device nodes, touch the machine's log.
bounding=-sys_admin,-sys_module,-sys_rawio,-sys_time,-sys_tty_config,-mknod,-mac_admin,-mac_override,-syslog,-wake_alarm,-block_suspend,-audit_control,-audit_read,-bpf,-perfmon,-checkpoint_restore

# /proc is still the host's, so this is our pid as the host counts it.
read -r stat </proc/self/stat
# shellcheck disable=SC2086 # the fields of stat are words
set -- ${stat##*) }
pid=${stat%% *} start=${20}

if [ "$brand" = lx ]; then
  mount --bind "$root" "$root"
  new=$root
else
  # A Solaris zoneroot cannot execute here: the zone's own files with the host's userland in the place of its /usr.
  new=$run/$name.root
  mkdir -p "$new"
  mount -t tmpfs -o mode=755 tmpfs "$new"
  shopt -s dotglob nullglob
  for entry in "$root"/*; do
    base=${entry##*/}
    case $base in
    usr | bin | sbin | lib | lib32 | lib64 | libx32 | proc | dev | sys | run) continue ;;
    esac
    if [ -L "$entry" ]; then
      cp -P "$entry" "$new/$base"
    elif [ -d "$entry" ]; then
      mkdir "$new/$base"
      mount --bind "$entry" "$new/$base"
    elif [ -f "$entry" ]; then
      : >"$new/$base"
      mount --bind "$entry" "$new/$base"
    fi
  done
  mkdir "$new/usr"
  mount --bind /usr "$new/usr"
  mount -o remount,bind,ro "$new/usr"
  for base in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$base" ]; then cp -P "/$base" "$new/$base"; fi
  done
  # Directories on the way that the zone's own tree (its /tmp, /root) gets by this; zoneadmd takes them out again.
  way=
  IFS=/ read -ra parts <<<"${SANDBOX_REPOSITORY#/}"
  for part in "${parts[@]}"; do
    way=$way/$part
    [ -d "$new$way" ] || echo "$way" >>"$run/$name.made"
  done
  mkdir -p "$new$SANDBOX_REPOSITORY"
  mount --bind "$SANDBOX_REPOSITORY" "$new$SANDBOX_REPOSITORY"
fi
cd "$new"
mkdir -p proc sys dev run tmp
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,mode=620,ptmxmode=666,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
: >dev/console
mount --bind "$run/$name.console" dev/console
mount -t tmpfs -o mode=755 tmpfs run
mkdir -m 1777 run/lock
mkdir run/shm
if [ "$brand" != lx ]; then
  mkdir run/services
  mount --bind "$run/$name.services" run/services
fi
: >run/utmp

# fs resources: directory, special, type and options, a tab between them
while IFS='	' read -r directory special type options; do
  mkdir -p ".$directory"
  case $type in
  lofs)
    mount --bind "$special" ".$directory"
    [ -z "$options" ] || mount -o "remount,bind,$options" ".$directory"
    ;;
  *) mount -t "$type" ${options:+-o "$options"} "$special" ".$directory" ;;
  esac
done <"$run/$name.mounts"

# The zone's own name for itself; a zoneroot that has none yet is called after the zone, as lx zones are.
nodename_file=etc/nodename
[ "$brand" != lx ] || nodename_file=etc/hostname
nodename=
[ ! -s "$nodename_file" ] || read -r nodename <"$nodename_file" || :
if [ "$brand" = lx ] && [ "${nodename:-localhost}" = localhost ]; then
  nodename=$name
  echo "$name" >"$nodename_file"
fi
hostname "${nodename:-$name}"
printf '{"id":%s,"pid":%s,"startTime":"%s","state":"running"}\n' "$id" "$pid" "$start" >"$run/.$name.state.$pid"
mv "$run/.$name.state.$pid" "$run/$name.state"

exec <dev/console >dev/console 2>&1
pivot_root . .
umount -l .
cd /
environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TERM=dumb container=zone)
if [ "$brand" = lx ]; then
  exec setpriv "--bounding-set=$bounding" env -i "${environment[@]}" /sbin/init
fi
# shellcheck disable=SC2016 # expanded by the zone's shell
exec setpriv "--bounding-set=$bounding" env -i "${environment[@]}" /bin/bash -c 'while :; do sleep infinity & wait $!; done'
