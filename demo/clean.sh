#!/bin/sh
# Removes everything that the demo made: server, sandbox hosts, data. The download cache stays; it is named at the end.
set -eu
# shellcheck source=demo/settings.sh
. "$(dirname "$0")/settings.sh"

pid=$(server_pid)
if [ -n "$pid" ]; then
  say "stopping the server (process $pid)"
  kill "$pid"
  # tail ends when the process does
  timeout 30 tail --pid="$pid" -f /dev/null || true
fi
if [ "$(id -u)" -eq 0 ]; then
  for host in demo-host golden; do
    say "removing sandbox host $host"
    sandbox destroy "$host" || true
  done
fi
# The client was told to use the demo's server; a server that somebody named since stays.
remembered=${XDG_CONFIG_HOME:-${HOME:-/root}/.config}/zoneflash/server.json
if grep -q "\"tokenFile\":\"$ZONEFLASH_DATA/" "$remembered" 2>/dev/null; then rm -f "$remembered"; fi
rm -rf --one-file-system "$demo"
echo "   removed $demo; downloads are kept in $cache"
