# What a golden zone must not carry into its template, removed from its halted root. One list for each family of systems, as
# in identity.sh: what that gives a clone anew is taken away here.

scrub_zoneroot() {
  open_zoneroot || return 1
  case $z_os_family in
    solaris10) scrub_solaris10 ;;
    illumos) scrub_illumos ;;
    linux) scrub_linux ;;
    *)
      complain "scrub: the family of systems is '$z_os_family', expected solaris10, illumos or linux"
      false
      ;;
  esac
  scrub_status=$?
  close_zoneroot
  return "$scrub_status"
}

scrub_solaris10() {
  identity_of_solaris10 && scrub_solaris_common
}

scrub_illumos() {
  drop_node_name &&
    drop_interfaces &&
    default_solaris_hosts &&
    drop_network_settings &&
    empty_link_settings &&
    drop_sysid_state &&
    drop_ssh_host_keys &&
    drop_keytabs &&
    drop_name_service_caches &&
    drop_service_tags &&
    empty_solaris_logs &&
    drop_tmp &&
    scrub_solaris_common
}

scrub_solaris_common() {
  scrub_homes &&
    drop_build_directory &&
    drop_matching var/pkg/cache '*' &&
    drop_matching var/spool/pkg '*' &&
    drop_matching var/mail '*' &&
    drop etc/oshadow &&
    lock_root NP
}

scrub_linux() {
  empty etc/machine-id &&
    drop_dbus_machine_id &&
    neutral_linux_names &&
    drop_ssh_host_keys &&
    drop_dhcp_leases &&
    drop_random_seed &&
    drop_cloud_state &&
    drop_keytabs &&
    empty_linux_logs &&
    drop_tmp &&
    scrub_homes &&
    drop_build_directory &&
    drop_package_caches &&
    drop_matching var/mail '*' &&
    drop 'etc/shadow-' 'etc/gshadow-' &&
    lock_root '*'
}

drop_build_directory() { drop var/zoneflash-build; }

drop_dbus_machine_id() { # made from the other one at the next boot
  if is_file var/lib/dbus/machine-id; then drop var/lib/dbus/machine-id; fi
}

neutral_linux_names() { # whoever clones the zone writes its own
  put etc/hostname 644 <<END || return 1
localhost
END
  if is_file etc/mailname; then
    put etc/mailname 644 <<END || return 1
localhost
END
  fi
  put etc/hosts 644 <<END
127.0.0.1	localhost
::1		localhost ip6-localhost ip6-loopback
ff02::1		ip6-allnodes
ff02::2		ip6-allrouters
END
}

drop_package_caches() {
  drop_matching var/cache/apt '*.bin' &&
    drop_matching var/cache/apt/archives '*.deb' &&
    drop_matching var/cache/apt/archives/partial '*' &&
    drop_matching var/lib/apt/lists '*' &&
    drop_matching var/cache/yum '*' &&
    drop_matching var/cache/dnf '*' &&
    drop_matching var/cache/apk '*'
}

scrub_homes() { # of root and of everybody whose home is where homes are
  scrub_home '' && scrub_home root/ || return 1
  for scrub_parent in home export/home; do
    real_parents "$scrub_parent/x" || return 1
    for scrub_directory in "$zone_root/$scrub_parent"/*; do
      if [ -d "$scrub_directory" ] && [ ! -h "$scrub_directory" ]; then
        scrub_home "$scrub_parent/`basename "$scrub_directory"`/" || return 1
      fi
    done
  done
}

scrub_home() { # PREFIX: the home's path with a slash at its end; empty for /
  for scrub_file in .bash_history .sh_history .ksh_history .zsh_history .ash_history .history .mysql_history .mariadb_history \
    .psql_history .sqlite_history .rediscli_history .python_history .node_repl_history .irb_history .lesshst .viminfo \
    .nano_history .wget-hsts .ssh/known_hosts .ssh/known_hosts.old .ssh/authorized_keys .ssh/authorized_keys2; do
    # a home without .ssh of its own, or with a link for it, has nothing of ours to remove
    if [ -h "$zone_root/$1.ssh" ]; then
      case $scrub_file in .ssh/*) continue ;; esac
    fi
    drop "$1$scrub_file" || return 1
  done
}

lock_root() { # PASSWORD FIELD: no password of root's travels; whoever installs a clone sets one
  z_root_password=$1
  set_root_password
}
