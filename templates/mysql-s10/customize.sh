#!/bin/sh
# Runs inside the zone, in the Bourne shell of Solaris 10: sets up the MySQL that Solaris has in /usr/sfw, as
# /etc/sfw/mysql/README.solaris.mysql says, and makes it a service.
PATH=/usr/sfw/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
  echo "customize: $*" >&2
  exit 1
}

# Runs a program of Solaris. Outside Solaris, where a zone is only acted out, it says what it leaves out.
of_solaris() {
  if [ -x "$1" ]; then
    "$@" || die "$* failed"
  elif [ "`uname -s`" = SunOS ]; then
    die "there is no $1, expected the packages SUNWmysqlr and SUNWmysqlu in the global zone"
  else
    echo "left out, as there is no $1: $*"
  fi
}

pkginfo SUNWmysqlr >/dev/null || die "the package SUNWmysqlr is not installed"
of_solaris /usr/sfw/bin/mysql_install_db

grep '^mysql:' /etc/group >/dev/null || groupadd mysql || die "the group mysql cannot be added"
grep '^mysql:' /etc/passwd >/dev/null || useradd -g mysql -d /var/mysql -s /bin/false mysql ||
  die "the user mysql cannot be added"
cp my.cnf /var/mysql/my.cnf || die "/var/mysql/my.cnf cannot be written"
chgrp -R mysql /var/mysql || die "/var/mysql cannot be given to the group mysql"
chmod -R 770 /var/mysql || die "/var/mysql cannot be closed to others"
chmod 660 /var/mysql/my.cnf
installf SUNWmysqlr /var/mysql d 770 root mysql || die "/var/mysql cannot be recorded as SUNWmysqlr's"
installf -f SUNWmysqlr

# Who may start and stop the service, and who may change its properties: the manifest names these two.
grep '^solaris.smf.manage.mysql:' /etc/security/auth_attr >/dev/null || {
  echo 'solaris.smf.manage.mysql:::Manage MySQL Service States::'
  echo 'solaris.smf.value.mysql:::Change MySQL Service Properties::'
} >>/etc/security/auth_attr

# /lib is inherited and cannot be written, so the method has a place below /var.
mkdir -p /var/svc/method /var/svc/manifest/application || die "there is no place for the service"
cp method-mysql /var/svc/method/mysql || die "/var/svc/method/mysql cannot be written"
chmod 555 /var/svc/method/mysql
cp mysql.xml /var/svc/manifest/application/mysql.xml || die "the manifest cannot be written"
chmod 444 /var/svc/manifest/application/mysql.xml
svccfg validate /var/svc/manifest/application/mysql.xml || die "the manifest mysql.xml is not valid"
svccfg import /var/svc/manifest/application/mysql.xml || die "the manifest mysql.xml cannot be imported"
svcadm enable mysql || die "svc:/application/mysql cannot be enabled"
