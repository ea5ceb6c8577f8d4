# What the finish script leaves for the first boot: the run as one file, a method that starts it, and what makes the host
# start the method. Functions zones_script, first_boot_method and service_manifest hold the texts.

leave_service() { # below zf_host_root, where the host's own files are while it is installed
  service_home=$zf_host_root/var/zoneflash
  mkdir -p "$service_home" && chmod 700 "$service_home" || return 1
  # it holds what the host's token and sysidcfg hold
  zones_script | put_service var/zoneflash/zones.sh 700 || return 1
  # a file system that is full cuts it off, and what is cut off between two functions does nothing, and does it well
  service_last=`tail -1 "$service_home/zones.sh"`
  if [ "$service_last" != zoneflash_main ]; then
    complain "$service_home/zones.sh is not complete"
    return 1
  fi
  first_boot_method | put_service var/zoneflash/first-boot 700 || return 1
  if [ -d "$zf_host_root/lib/svc" ]; then
    mkdir -p "$zf_host_root/var/svc/manifest/site" || return 1
    service_manifest | put_service var/svc/manifest/site/zoneflash-first-boot.xml 444 || return 1
    echo 'svc:/site/zoneflash-first-boot starts it'
  else
    mkdir -p "$zf_host_root/etc/init.d" "$zf_host_root/etc/rc3.d" || return 1
    first_boot_method | put_service etc/init.d/zoneflash-first-boot 744 || return 1
    rm -f "$zf_host_root/etc/rc3.d/S99zoneflash" &&
      ln -s ../init.d/zoneflash-first-boot "$zf_host_root/etc/rc3.d/S99zoneflash" || return 1
    echo '/etc/rc3.d/S99zoneflash starts it'
  fi
}

put_service() { # PATH MODE: standard input becomes the file below zf_host_root, at once or not at all
  rm -f "$zf_host_root/$1.new"
  (umask 077 && cat >"$zf_host_root/$1.new") && chown 0:0 "$zf_host_root/$1.new" &&
    chmod "$2" "$zf_host_root/$1.new" && mv -f "$zf_host_root/$1.new" "$zf_host_root/$1"
}
