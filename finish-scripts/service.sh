# What the finish script leaves for the first boot: the run as one file, a method that starts it, and what makes the host
# start the method. Functions zones_script, first_boot_method and service_manifest hold the texts.

leave_service() { # below zf_host_root, where the host's own files are while it is installed. That tree may be a stranger's
  zone_root=$zf_host_root
  z_name=$zf_host
  service_directory var/zoneflash && chmod 700 "$zone_root/var/zoneflash" || return 1
  # it holds what the host's token and sysidcfg hold
  zones_script | put var/zoneflash/zones.sh 700 || return 1
  # a file system that is full cuts it off, and what is cut off between two functions does nothing, and does it well
  service_last=`tail -1 "$zone_root/var/zoneflash/zones.sh"`
  if [ "$service_last" != zoneflash_main ]; then
    complain "$zone_root/var/zoneflash/zones.sh is not complete"
    return 1
  fi
  first_boot_method | put var/zoneflash/first-boot 700 || return 1
  if [ -d "$zone_root/lib/svc" ]; then
    service_directory var/svc/manifest/site || return 1
    service_manifest | put var/svc/manifest/site/zoneflash-first-boot.xml 444 || return 1
    echo 'svc:/site/zoneflash-first-boot starts it'
  else
    service_directory etc/init.d && service_directory etc/rc3.d || return 1
    first_boot_method | put etc/init.d/zoneflash-first-boot 744 || return 1
    rm -f "$zone_root/etc/rc3.d/S99zoneflash" &&
      ln -s ../init.d/zoneflash-first-boot "$zone_root/etc/rc3.d/S99zoneflash" || return 1
    echo '/etc/rc3.d/S99zoneflash starts it'
  fi
}

service_directory() { # PATH
  real_parents "$1/x" && mkdir -p "$zone_root/$1"
}
