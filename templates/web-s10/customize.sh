#!/bin/sh
# Runs inside the zone, in the Bourne shell of Solaris 10: Apache 2 is there, it wants a configuration and to be enabled.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "customize: $*" >&2
  exit 1
}

pkginfo SUNWapch2r >/dev/null || die "the package SUNWapch2r is not installed"
cp /etc/apache2/httpd.conf-example /etc/apache2/httpd.conf || die "/etc/apache2/httpd.conf cannot be written"
chmod 644 /etc/apache2/httpd.conf
cp index.html /var/apache2/htdocs/index.html || die "/var/apache2/htdocs/index.html cannot be written"
chmod 644 /var/apache2/htdocs/index.html
svcadm enable apache2 || die "svc:/network/http:apache2 cannot be enabled"
