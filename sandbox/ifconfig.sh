#!/bin/sh
# ifconfig INTERFACE of a sandbox host: whether the global zone has the interface, in the words of Solaris.
if [ $# -ne 1 ]; then
  echo 'usage: ifconfig <interface>' >&2
  exit 1
fi
if [ ! -e "/sys/class/net/$1" ]; then
  echo "ifconfig: status: SIOCGLIFFLAGS: $1: no such interface" >&2
  exit 1
fi
printf '%s: flags=1000843<UP,BROADCAST,RUNNING,MULTICAST,IPv4> mtu 1500 index %s\n' "$1" "$(cat "/sys/class/net/$1/ifindex")"
