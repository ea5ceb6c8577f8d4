#!/bin/sh
# What the demo's scripts share; sourced. Everything the demo makes lies below one directory; the sandbox hosts too when ZONEFLASH_DEMO names it.
# shellcheck disable=SC2034 # the scripts that source this use them
root=$(cd "$(dirname "$0")/.." && pwd)
demo=${ZONEFLASH_DEMO:-/var/lib/zoneflash-demo}
# A demo in a directory of its own keeps its sandbox hosts there too.
if [ -n "${ZONEFLASH_DEMO-}" ] && [ -z "${SANDBOX_DIR-}" ]; then
  export SANDBOX_DIR="$demo/sandbox"
fi
cache=${ZONEFLASH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/zoneflash}
port=7171
PATH=$root/node_modules/.bin:$root/sandbox/bin:$PATH:/usr/sbin:/sbin
export PATH
export ZONEFLASH_DATA="$demo/data"

say() { printf '\n== %s\n' "$*"; }
reused() { printf '   reused: %s\n' "$*"; }

zoneflash() { node "$root/cli/main.ts" "$@"; }

on() { # on HOST command…
  host=$1
  shift
  sandbox enter "$host" -- "$@"
}

# The server's process id, or nothing when it does not run.
server_pid() {
  pid=$(cat "$demo/server.pid" 2>/dev/null) || return 0
  case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
  *cli/main.ts*) echo "$pid" ;;
  esac
}
