#!/bin/sh
# Finds this machine's Debian mirror in its apt sources; sourced.

# Prints the first http(s) mirror of Debian proper, not of its security updates; nothing on a machine that has none, such as
# Ubuntu: debootstrap then takes its own default.
debian_mirror() {
  if [ -n "${ZONEFLASH_DEBIAN_MIRROR:-}" ]; then
    echo "$ZONEFLASH_DEBIAN_MIRROR"
    return
  fi
  found=$(
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
      sed -n -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' -e 's/^URIs: *\(http[^ ]*\).*/\1/p' |
      grep '/debian/*$' | head -1
  )
  echo "$found"
}
