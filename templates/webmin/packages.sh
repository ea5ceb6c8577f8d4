#!/bin/sh
# Makes the medium debs.tar on the worker's machine: packages.sh list | packages.sh OUT
# What Webmin's package depends on. Older ones want apt-show-versions too, which does not install without lists of packages.
set -eu
exec "$ZONEFLASH_ROOT/sandbox/debs-medium.sh" "$1" perl openssl libnet-ssleay-perl libauthen-pam-perl libio-pty-perl \
  libpam-runtime shared-mime-info unzip
