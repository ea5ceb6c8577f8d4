#!/bin/sh
# Holds one zone: its network and uts namespaces from `ready` on, its processes from `boot` on; clears up when it halts.
# Started by zoneadm in namespaces of its own; reads the word "boot" from NAME.control.
# usage: zoneadmd.sh NAME ID BRAND ZONEROOT
name=$1 id=$2 brand=$3 root=$4
sandbox=$(dirname "$0")
run=/var/run/zones
console=/var/log/zones/$name.console

write_state() { # write_state STATE: of the process that runs this shell, as the host counts it
  read -r stat </proc/self/stat
  start=$(set -- ${stat##*) } && echo "${20}")
  printf '{"id":%s,"pid":%s,"startTime":"%s","state":"%s"}\n' "$id" "$$" "$start" "$1" >"$run/.$name.state.$$"
  mv "$run/.$name.state.$$" "$run/$name.state"
}

rm -f "$run/$name.console"
mkfifo -m 600 "$run/$name.console"
# open for reading and writing, so that neither side ever waits for or misses the other
exec 4<>"$run/$name.console"
cat <&4 >>"$console" 4>&- &
reader=$!
exec 3<>"$run/$name.control"

# shellcheck disable=SC2329 # by the trap
clear_up() {
  kill "$reader" 2>/dev/null
  rm -f "$run/$name.state" "$run/$name.control" "$run/$name.console" "$run/$name.mounts"
  rm -rf "$run/$name.services"
  [ ! -f "$run/$name.made" ] || tac "$run/$name.made" | while read -r way; do rmdir "$root$way" 2>/dev/null; done
  rm -f "$run/$name.made"
}
trap clear_up EXIT
trap 'exit 0' TERM

ip link set lo up
write_state ready
while read -r word <&3 && [ "$word" != boot ]; do :; done
while :; do
  unshare --fork --kill-child=KILL --pid --mount --ipc --uts \
    bash "$sandbox/zone-init.sh" "$name" "$id" "$brand" "$root" 3>&- 4>&- </dev/null >>"$console" 2>&1
  # reboot(2) in a pid namespace ends its init by SIGHUP for a restart, by SIGINT for a halt
  [ $? -eq 129 ] || exit 0
  write_state down
done
