#!/bin/sh
# Runs inside the zone, in the Bourne shell of Solaris 10: removes the Webmin of Solaris and installs Webmin's own package.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "customize: $*" >&2
  exit 1
}

# Of a link only its text counts: what it leads to is made here.
[ -h /opt/webmin ] ||
  die "/opt/webmin is no link, expected in the global zone: ln -s ../local-pkgs/webmin /opt/webmin"
mkdir -p /local-pkgs/webmin || die "/local-pkgs/webmin cannot be made"

# The files below /usr are inherited and stay, so the first removal of SUNWwebminu leaves it partly installed; the second takes
# it out of the zone's records.
for name in SUNWwebminu SUNWwebminr SUNWwebminu; do
  if pkginfo -q $name; then pkgrm -n -a ./pkg-admin $name; fi
done
for name in SUNWwebminu SUNWwebminr; do
  if pkginfo -q $name; then die "the package $name is still installed"; fi
done
# Clones get a key of their own, as on Debian.
cp files/etc/init.d/webmin-key /etc/init.d/webmin-key || die "/etc/init.d/webmin-key cannot be written"
chmod 744 /etc/init.d/webmin-key
ln -s ../init.d/webmin-key /etc/rc2.d/S90webmin-key || die "/etc/rc2.d/S90webmin-key cannot be made"

pkgadd -n -a ./pkg-admin -d "$ZONEFLASH_MEDIA_DIR/webmin.pkg" all || die "webmin.pkg cannot be installed"
[ -n "`ls /local-pkgs/webmin`" ] || die "webmin.pkg has put nothing into /opt/webmin"
