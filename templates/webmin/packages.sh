#!/bin/sh
# Makes the medium debs.tar on the worker's machine: packages.sh list | packages.sh OUT
# What Webmin's package depends on.
set -eu
exec "$ZONEFLASH_ROOT/sandbox/debs-medium.sh" "$1" perl openssl libnet-ssleay-perl libauthen-pam-perl libio-pty-perl \
  libpam-runtime apt-show-versions shared-mime-info python3 unzip
