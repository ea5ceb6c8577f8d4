# What makes two clones tell apart. One list for each family of systems; each item is a function of its own. core/identity does the
# same, item for item, for zones that come by personal streams: both belong together, test/core/identity compares them.

reset_identity() {
  if is_marked identity; then return "$nothing_to_do"; fi
  open_zoneroot || return 1
  case $z_os_family in
    solaris10) identity_of_solaris10 ;;
    illumos) identity_of_illumos ;;
    linux) identity_of_linux ;;
  esac
  identity_status=$?
  close_zoneroot
  [ "$identity_status" -eq 0 ] || return 1
  mark identity
}

# Solaris 10: the first boot asks sysidcfg for the rest, so most of it only has to go.
identity_of_solaris10() {
  drop_node_name &&
    drop_interfaces &&
    default_solaris_hosts &&
    default_transport_hosts &&
    drop_network_settings &&
    drop_sysid_state &&
    unconfigure &&
    drop_ssh_host_keys &&
    drop_keytabs &&
    drop_name_service_caches &&
    drop_service_tags &&
    empty_solaris_logs &&
    drop_tmp
}

# illumos: nobody asks at first boot, so the answers are written here.
identity_of_illumos() {
  write_node_name &&
    drop_interfaces &&
    default_solaris_hosts &&
    drop_network_settings &&
    empty_link_settings &&
    drop_sysid_state &&
    drop_ssh_host_keys &&
    drop_keytabs &&
    drop_name_service_caches &&
    set_root_password &&
    set_solaris_timezone &&
    empty_solaris_logs &&
    drop_tmp
}

# Linux in an lx zone.
identity_of_linux() {
  new_machine_id &&
    write_linux_hostname &&
    write_linux_hosts &&
    new_ssh_host_keys &&
    drop_dhcp_leases &&
    drop_random_seed &&
    drop_cloud_state &&
    drop_keytabs &&
    set_root_password &&
    set_linux_timezone &&
    empty_linux_logs &&
    drop_tmp
}

# The root of a host. Its password is set at once: sysidtool would be asked by whoever comes first.
reset_global_identity() {
  case $z_os_family in
    solaris10) identity_of_solaris10 && set_root_password && stay_awake ;;
    illumos) identity_of_illumos && look_for_devices ;;
  esac && drop_provisioning
}

look_for_devices() { # at the next boot: disks and interfaces are not those of the golden host
  put reconfigure 644 </dev/null
}

stay_awake() { # sysidpm asks about it
  put noautoshutdown 644 </dev/null
}

drop_provisioning() { # what was done to the golden host was not done to this one; the zones that it brings along are told by captured/
  real_parents var/zoneflash/captured/order || return 1
  for provisioning_path in "$zone_root"/var/zoneflash/*; do
    case $provisioning_path in
      */captured) ;;
      *) rm -rf "$provisioning_path" || return 1 ;;
    esac
  done
  if [ -d "$zone_root/var/zoneflash" ]; then rmdir "$zone_root/var/zoneflash" 2>/dev/null; fi
  drop var/log/zoneflash.log
}

drop_node_name() { drop etc/nodename; }

write_node_name() {
  put etc/nodename 644 <<END
$z_nodename
END
}

drop_interfaces() {
  drop_matching etc 'hostname.*' 'hostname6.*' 'dhcp.*'
}

default_solaris_hosts() { # /etc/hosts is a link to it
  [ -d "$zone_root/etc/inet" ] || return 0
  default_hosts_name=
  if [ "$z_os_family" = illumos ]; then default_hosts_name=" $z_nodename"; fi
  put etc/inet/hosts 444 <<END || return 1
::1		localhost$default_hosts_name
127.0.0.1	localhost loghost$default_hosts_name
END
  # where sys-unconfig keeps the template's
  drop etc/inet/hosts.saved || return 1
  # a file of its own until 8/07, a link to hosts since
  if is_file etc/inet/ipnodes; then
    put etc/inet/ipnodes 444 <<END
::1		localhost
127.0.0.1	localhost
END
  fi
}

default_transport_hosts() { # of the transports that lead back to the host itself
  for transport in ticlts ticots ticotsord; do
    if is_file "etc/net/$transport/hosts"; then
      new_awk '/^#/' "$zone_root/etc/net/$transport/hosts" >"$zf_work/transport" &&
        rewrite "etc/net/$transport/hosts" <"$zf_work/transport" || return 1
    fi
  done
}

drop_network_settings() {
  drop etc/defaultrouter etc/inet/netmasks etc/netmasks etc/inet/static_routes etc/defaultdomain etc/resolv.conf
}

empty_link_settings() {
  empty etc/ipadm/ipadm.conf etc/dladm/datalink.conf
}

drop_sysid_state() { drop etc/.sysIDtool.state etc/sysidcfg; }

unconfigure() { # sysidtool runs at the next boot
  put etc/.UNCONFIGURED 644 </dev/null && look_for_devices
}

drop_ssh_host_keys() { # the ssh service makes new ones when it finds none
  drop_matching etc/ssh 'ssh_host_*'
}

drop_keytabs() { drop etc/krb5/krb5.keytab etc/krb5/kadm5.keytab etc/krb5.keytab; }

drop_name_service_caches() {
  drop var/yp/binding var/nis/NIS_COLD_START .rootkey etc/.rootkey &&
    drop_matching var/ldap 'ldap_client_*' 'cachemgr.log'
}

drop_service_tags() {
  drop var/sadm/servicetag/registry/servicetag.xml etc/default/explorer
}

# core/hygiene/rules/traces.ts looks for the same.
empty_solaris_logs() {
  drop_matching var/adm 'messages.[0-9]*' &&
    drop_matching var/log 'syslog.[0-9]*' &&
    drop_matching var/svc/log '*.log' '*.log.[0-9]*' &&
    empty_matching var/adm 'messages*' 'wtmp*' 'utmp*' 'lastlog*' 'sulog*' 'loginlog*' 'aculog*' 'pacct*' 'vold.log*' &&
    empty_matching var/cron 'log*' 'olog*' &&
    empty_below var/log &&
    empty_below var/svc/log &&
    empty_below var/adm/log &&
    empty_below var/adm/sa &&
    empty_below var/adm/exacct &&
    drop_matching var/crash '*'
}

drop_tmp() {
  drop_matching tmp '*' '.[!.]*' && drop_matching var/tmp '*' '.[!.]*'
}

random_hex() { # BYTES
  dd if=/dev/urandom bs="$1" count=1 2>/dev/null | od -A n -t x1 | tr -d ' \012'
}

new_machine_id() {
  put etc/machine-id 444 <<END || return 1
`random_hex 16`
END
  # where D-Bus keeps its own and not a link to the first, it is made from that at the next boot
  if is_file var/lib/dbus/machine-id; then drop var/lib/dbus/machine-id; fi
}

write_linux_hostname() {
  put etc/hostname 644 <<END || return 1
$z_nodename
END
  if is_file etc/mailname; then
    put etc/mailname 644 <<END
$z_nodename
END
  fi
}

write_linux_hosts() {
  put etc/hosts 644 <<END
127.0.0.1	localhost
127.0.1.1	$z_nodename
::1		localhost ip6-localhost ip6-loopback
ff02::1		ip6-allnodes
ff02::2		ip6-allrouters
END
}

new_ssh_host_keys() {
  choose_ssh_types && make_ssh_host_keys
}

choose_ssh_types() { # sets ssh_types: those of the keys in the tree; all where a server has none yet, none without a server
  real_parents etc/ssh/x || return 1
  ssh_types=
  [ -f "$zone_root/etc/ssh/sshd_config" ] || [ -f "$zone_root/etc/ssh/ssh_host_rsa_key" ] || return 0
  for ssh_type in rsa ecdsa ed25519; do
    if [ -f "$zone_root/etc/ssh/ssh_host_${ssh_type}_key" ]; then ssh_types="$ssh_types $ssh_type"; fi
  done
  if [ -z "$ssh_types" ]; then ssh_types='rsa ecdsa ed25519'; fi
}

make_ssh_host_keys() { # here if this host can, else inside the zone once it is up
  [ -n "$ssh_types" ] || return 0
  drop_matching etc/ssh 'ssh_host_*' || return 1
  if have ssh-keygen; then :; else
    mark needs-ssh-keys
    return 0
  fi
  for ssh_type in $ssh_types; do
    rm -f "$zf_work/key" "$zf_work/key.pub"
    if ssh-keygen -q -t "$ssh_type" -N '' -C "root@$z_nodename" -f "$zf_work/key" </dev/null; then
      put "etc/ssh/ssh_host_${ssh_type}_key" 600 <"$zf_work/key" || return 1
      put "etc/ssh/ssh_host_${ssh_type}_key.pub" 644 <"$zf_work/key.pub" || return 1
    else
      mark needs-ssh-keys
    fi
  done
  rm -f "$zf_work/key" "$zf_work/key.pub"
}

drop_dhcp_leases() {
  drop_matching var/lib/dhcp '*.lease*' '*.duid' &&
    drop_matching var/lib/dhclient '*' &&
    drop_matching var/lib/dhcpcd '*' &&
    drop_matching var/lib/NetworkManager '*.lease' 'secret_key' 'seen-bssids' 'timestamps'
}

drop_random_seed() {
  drop var/lib/systemd/random-seed var/lib/urandom/random-seed var/lib/random-seed
}

drop_cloud_state() {
  drop var/lib/cloud/instance var/lib/cloud/instances var/lib/cloud/data
}

set_root_password() {
  [ -n "$z_root_password" ] || return 0
  is_file etc/shadow || return 0
  # through a file: arguments and environment show in ps
  cat >"$zf_work/hash" <<END
$z_root_password
END
  new_awk -F: 'BEGIN { OFS = ":" } NR == FNR { hash = $0; next } $1 == "root" { $2 = hash } { print }' \
    "$zf_work/hash" "$zone_root/etc/shadow" >"$zf_work/shadow" || return 1
  rewrite etc/shadow <"$zf_work/shadow"
}

set_solaris_timezone() {
  is_file etc/default/init || return 0
  z_zone_info=$z_timezone
  export z_zone_info
  new_awk '/^TZ=/ { next } { print } END { print "TZ=" ENVIRON["z_zone_info"] }' "$zone_root/etc/default/init" >"$zf_work/init" ||
    return 1
  rewrite etc/default/init <"$zf_work/init"
}

set_linux_timezone() {
  [ -f "$zone_root/usr/share/zoneinfo/$z_timezone" ] || return 0
  drop etc/localtime && ln -s "/usr/share/zoneinfo/$z_timezone" "$zone_root/etc/localtime" || return 1
  put etc/timezone 644 <<END
$z_timezone
END
}

empty_linux_logs() {
  drop_matching var/log/journal '*' &&
    drop_matching var/log '*.gz' '*.[0-9]' '*.old' &&
    empty_below var/log
}
