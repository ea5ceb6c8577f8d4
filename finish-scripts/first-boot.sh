#!/bin/sh
# Zoneflash: makes the zones of this host once, at its first boot after JumpStart, and then removes itself. Interrupted by a
# reboot it goes on at the next one. Its log is /var/log/zoneflash.log.

first_boot() { # start | stop
  case $1 in
    '' | start) ;;
    *) return 0 ;;
  esac
  if [ -f /var/zoneflash/zones.sh ]; then
    if [ -h /etc/rc3.d/S99zoneflash ]; then
      # before SMF everybody waits for everybody: the console's login shall not wait for zones
      first_boot_run </dev/null >/dev/null 2>&1 &
      return 0
    fi
    first_boot_run
    return
  fi
  first_boot_is_over
}

first_boot_run() {
  /bin/sh /var/zoneflash/zones.sh || return 1
  if first_boot_reports_wait; then return 0; fi
  first_boot_is_over
}

first_boot_reports_wait() { # a server that does not answer now may do so at the next boot; after the third it never will
  for first_report in /var/zoneflash/events/*.json; do
    if [ -f "$first_report" ]; then
      echo waited >>/var/zoneflash/first-boot.waits
      first_waits=`grep -c waited /var/zoneflash/first-boot.waits`
      [ "$first_waits" -lt 3 ]
      return
    fi
  done
  return 1
}

first_boot_is_over() { # nobody needs the secrets in the script any more
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  export PATH
  rm -f /var/zoneflash/zones.sh /var/zoneflash/first-boot /var/zoneflash/first-boot.waits \
    /var/svc/manifest/site/zoneflash-first-boot.xml /etc/rc3.d/S99zoneflash /etc/init.d/zoneflash-first-boot
  if [ -d /lib/svc ]; then
    svcadm disable svc:/site/zoneflash-first-boot:default
    # the service ends here, and this with it
    svccfg delete -f svc:/site/zoneflash-first-boot
  fi
  return 0
}

first_boot "$1"
