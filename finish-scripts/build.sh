# What a worker asks of a build host, beside zonecfg, zoneadm and zlogin: sh build.sh COMMAND ARGUMENT...
# A build's directory holds this text together with lib.sh, zfs.sh, zone.sh, halt.sh, zoneroot.sh,
# unpack.sh, identity.sh, scrub.sh and share.sh.

# how long another build may take to attach or detach a zone that this one needs
share_seconds=300

build_main() {
  open_alone "`dirname "$0"`" || return 1
  zf_made=build
  zf_zones_root=
  zf_root=
  zf_phase=
  zf_flash_root=
  open_shared
  (umask 077 && mkdir -p "$zf_state/zones") || return 1
  main_command=$1
  shift
  case $main_command in
    configure | remove | drop_half | shut_down | halt_zones | wait_until_up | sysidcfg | scrub | identity | hold | let_go | origin | release_origin | receive_tree | unpack_tree | manifest)
      "build_$main_command" "$@"
      ;;
    *)
      complain "build.sh has no command '$main_command'"
      false
      ;;
  esac
  main_status=$?
  rm -rf "$zf_work"
  return "$main_status"
}

build_configure() { # ZONE [TEMPLATE ZONE]: standard input is for zonecfg
  cat >"$zf_work/zonecfg" || return 1
  if [ -z "$2" ]; then
    zonecfg -z "$1" -f "$zf_work/zonecfg"
    return
  fi
  # another build's offer of the same zone is not to be withdrawn under it
  hold_zone "$2" "$share_seconds" || return 1
  offer_as_template "$2"
  zonecfg -z "$1" -f "$zf_work/zonecfg"
  configure_status=$?
  withdraw_as_template "$2"
  let_go_of_zone "$2"
  return "$configure_status"
}

build_remove() { # ZONE ZONEPATH: whatever state it is in; an operation on it that still runs is waited for
  remove_tries=0
  while :; do
    remove_state=`zone_state "$1"`
    [ -n "$remove_state" ] || break
    remove_once "$1" "$2" "$remove_state" >"$zf_work/said" 2>&1 && continue
    remove_tries=`expr "$remove_tries" + 1`
    if [ "$remove_tries" -ge 60 ]; then
      cat "$zf_work/said" >&2
      complain "zone $1 could not be removed: it is $remove_state"
      return 1
    fi
    sleep 1
  done
  drop_zonepath "$2"
}

remove_once() { # ZONE ZONEPATH STATE: one step towards its end
  case $3 in
    configured)
      # a detached one: its tree goes the way of installed ones, which knows about clones of it
      if [ -f "$2/SUNWdetached.xml" ] && zoneadm -z "$1" attach -F; then return 0; fi
      zonecfg -z "$1" delete -F
      ;;
    installed | incomplete) zoneadm -z "$1" uninstall -F ;;
    *) zoneadm -z "$1" halt ;;
  esac
}

drop_zonepath() { # ZONEPATH: what no zone owns any more
  drop_dataset=`dataset_at "$1"`
  if [ -n "$drop_dataset" ]; then zfs destroy -r "$drop_dataset" || return 1; fi
  # one that was received and never mounted has no place yet
  drop_parent=`dirname "$1"`
  drop_parent=`dataset_at "$drop_parent"`
  if [ -n "$drop_parent" ]; then
    drop_dataset=$drop_parent/`basename "$1"`
    if dataset_exists "$drop_dataset"; then zfs destroy -r "$drop_dataset" || return 1; fi
  fi
  if [ -h "$1" ] || [ -d "$1" ]; then rm -rf "$1"; fi
}

build_drop_half() { # ZONE ZONEPATH: what this build was making when it was cut off, before a zone was configured for it
  holds_zone "$1" || return 0
  if is_configured "$1"; then return 0; fi
  drop_zonepath "$2"
}

build_shut_down() { # ZONE SECONDS HOW
  shut_down_zone "$@"
}

build_halt_zones() { # ZONE...
  halt_zones "$@"
}

build_wait_until_up() { # ZONE FAMILY SECONDS
  z_os_family=$2
  up_count=0
  up_halted=0
  while [ "$up_count" -lt "$3" ]; do
    case `zone_state "$1"` in
      running)
        up_halted=0
        services_are_up "$1" && return 0
        ;;
      installed | configured | incomplete | '') up_halted=`expr "$up_halted" + 1` ;;
    esac
    if [ "$up_halted" -ge 3 ]; then
      last_words "$1"
      complain "zone $1 halted itself before its services were up"
      return 1
    fi
    sleep 1
    up_count=`expr "$up_count" + 1`
  done
  last_words "$1"
  complain "the services of zone $1 were not up after $3 seconds"
  return 1
}

services_are_up() { # ZONE
  up_milestone=svc:/milestone/multi-user-server:default
  # of Solaris 10, svcs knows no other zone; of a Linux zone, illumos' svcs knows nothing
  up_online=`svcs -z "$1" -H -o state "$up_milestone" 2>/dev/null`
  if [ -n "$up_online" ]; then
    [ "$up_online" = online ]
    return
  fi
  if [ "$z_os_family" = linux ]; then
    zlogin "$1" 'systemctl is-system-running 2>/dev/null | egrep "running|degraded" || { /sbin/runlevel 2>/dev/null | grep " [2-5]$" && pgrep -f "^(/bin/sh )?/etc/init.d/rc( |$)|^startpar " >/dev/null; [ $? -eq 1 ]; }' </dev/null >/dev/null 2>&1
    return
  fi
  up_online=`zlogin "$1" "svcs -H -o state $up_milestone" </dev/null 2>/dev/null`
  [ "$up_online" = online ]
}

last_words() { # ZONE: of its console and of its services
  for words_file in "/var/log/zones/$1.console" "/var/log/zones/$1.messages"; do
    if [ -f "$words_file" ]; then
      echo "the last lines of $words_file:" >&2
      tail -20 "$words_file" >&2
    fi
  done
  if is_in_state "$1" running; then zlogin "$1" 'svcs -x' </dev/null 2>&1 | sed 20q >&2; fi
}

use_zone() { # ZONE ZONEPATH FAMILY
  z_name=$1
  z_path=$2
  z_os_family=$3
  remember_zone "$z_name"
}

build_sysidcfg() { # ZONE ZONEPATH [EMPTY FILE]...: standard input becomes etc/sysidcfg
  use_zone "$1" "$2" solaris10 || return 1
  shift
  shift
  open_zoneroot || return 1
  put etc/sysidcfg 600
  sysidcfg_status=$?
  for sysidcfg_file in "$@"; do
    if [ "$sysidcfg_status" -eq 0 ]; then
      put "$sysidcfg_file" 644 </dev/null
      sysidcfg_status=$?
    fi
  done
  close_zoneroot
  return "$sysidcfg_status"
}

build_scrub() { # ZONE ZONEPATH FAMILY
  use_zone "$@" && scrub_zoneroot
}

build_identity() { # ZONE ZONEPATH FAMILY NODENAME: as an install does it
  use_zone "$1" "$2" "$3" || return 1
  z_nodename=$4
  z_timezone=UTC
  z_root_password=
  rm -f "$zf_state/zones/$z_name/identity"
  reset_identity
}

build_hold() { # ZONE SECONDS: nobody else makes it meanwhile
  hold_zone "$@"
}

build_let_go() { # ZONE
  let_go_of_zone "$1"
}

build_origin() { # ZONE: attached, so that it can be cloned, until release_origin
  hold_zone "$1" "$share_seconds" || return 1
  use_shared_zone "$1" && attach_origin "$1"
  origin_status=$?
  let_go_of_zone "$1"
  return "$origin_status"
}

attach_origin() { # ZONE
  case `zone_state "$1"` in
    installed) return 0 ;;
    configured) zoneadm -z "$1" attach || is_in_state "$1" installed ;;
    *)
      complain "the origin's zone $1 is `zone_state "$1"`, expected detached or installed"
      return 1
      ;;
  esac
}

build_release_origin() { # whatever this build uses or holds: the last one detaches it again, as it was found
  for release_directory in "$zf_shared"/*; do
    [ -d "$release_directory" ] || continue
    release_zone=`basename "$release_directory"`
    if [ -d "$release_directory/used/$zf_build" ]; then
      hold_zone "$release_zone" "$share_seconds" || return 1
      if leave_shared_zone "$release_zone" && is_in_state "$release_zone" installed; then
        zoneadm -z "$release_zone" detach
      fi
    fi
    let_go_of_zone "$release_zone"
  done
  return 0
}

build_receive_tree() { # ZONEPATH: standard input is a ZFS stream
  receive_parent=`dirname "$1"`
  receive_parent=`dataset_at "$receive_parent"`
  if [ -z "$receive_parent" ]; then
    complain "`dirname "$1"` is no ZFS file system of its own"
    return 1
  fi
  receive_dataset=$receive_parent/`basename "$1"`
  receive "$receive_dataset" && mount_dataset "$receive_dataset" && settle_tree "$1"
}

build_unpack_tree() { # FORMAT LAYOUT ZONEPATH: standard input is the archive
  unpack_parent=`dirname "$3"`
  unpack_parent=`dataset_at "$unpack_parent"`
  if [ -n "$unpack_parent" ]; then
    zfs create "$unpack_parent/`basename "$3"`" || return 1
  else
    mkdir "$3" || return 1
  fi
  chmod 700 "$3" || return 1
  unpack_into=$3
  if [ "$2" = zoneroot ]; then
    unpack_into=$3/root
    mkdir "$unpack_into" && chmod 755 "$unpack_into" || return 1
  fi
  case $1 in
    tar) (untar "$unpack_into") ;;
    cpio) (uncpio "$unpack_into") ;;
  esac && settle_tree "$3"
}

settle_tree() { # ZONEPATH
  if [ -h "$1/root" ] || [ ! -d "$1/root" ]; then
    complain "$1/root is not a directory"
    return 1
  fi
  chown 0:0 "$1" && chmod 700 "$1"
}

build_manifest() { # ZONEPATH: standard input becomes SUNWdetached.xml, unless the tree brought one
  if [ -h "$1/SUNWdetached.xml" ]; then
    complain "$1/SUNWdetached.xml is a symbolic link"
    return 1
  fi
  if [ -f "$1/SUNWdetached.xml" ]; then return 0; fi
  cat >"$1/SUNWdetached.xml" && chmod 644 "$1/SUNWdetached.xml"
}
