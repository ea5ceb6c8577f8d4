#!/bin/sh
# Stands outside a sandbox host and keeps its supervisor: ends it when the lifeline process is gone, and then removes the host.
# usage: keeper.sh STATE REPOSITORY HOST [LIFELINE_PID]
state=$1 repository=$2 host=$3 lifeline=${4-}
sandbox=$(dirname "$0")

# a process's start time: with the pid it names one process for ever
started() {
  read -r stat 2>/dev/null <"/proc/$1/stat" && set -- ${stat##*) } && echo "${20}"
}
lifeline_start=
[ -z "$lifeline" ] || lifeline_start=$(started "$lifeline")

# without a keeper nobody would watch the lifeline: then the host ends too
setpriv --pdeathsig KILL unshare --fork --kill-child=KILL --pid --mount --uts --ipc --net bash "$sandbox/init.sh" "$state" "$repository" "$host" &
parent=$!
if [ -z "$lifeline" ]; then
  wait "$parent"
  exit
fi
while kill -0 "$parent" 2>/dev/null; do
  if [ "$(started "$lifeline")" != "$lifeline_start" ] || [ -z "$lifeline_start" ]; then
    # the supervisor itself, so that its parent takes leave of it; the parent alone as long as there is no supervisor yet
    read -r supervisor _ 2>/dev/null <"$state/supervisor" || supervisor=$parent
    kill -KILL "$supervisor" 2>/dev/null
    wait "$parent" 2>/dev/null
    rm -rf --one-file-system "$state"
    exit
  fi
  sleep 0.2
done
