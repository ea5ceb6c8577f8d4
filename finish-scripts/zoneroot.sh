# Writing into a zoneroot from outside. The tree is a stranger's: a directory in it may be a symbolic link to the host's own
# (root/etc -> /etc), so every path is walked first. The zone is halted, nobody changes it meanwhile.

open_zoneroot() { # sets zone_root; brands that keep the root unmounted while the zone is halted get it mounted
  zone_root=$z_path/root
  zone_root_mounted=
  if [ -h "$z_path" ] || [ -h "$zone_root" ]; then
    complain "$zone_root is a symbolic link"
    return 1
  fi
  # between two runs the host may have booted it: what runs in it could turn a directory into a link under our hands
  if [ "$zf_phase" = install ] || is_in_state "$z_name" installed; then :; else
    complain "zone $z_name has no identity of its own yet and is not halted: halt it (zoneadm -z $z_name halt) and run this again"
    return 1
  fi
  if [ -d "$zone_root/etc" ]; then return 0; fi
  root_holder=`dataset_at "$z_path"`
  if [ -n "$root_holder" ]; then
    root_dataset=`zfs list -H -r -o name "$root_holder/ROOT" 2>/dev/null | sed -n 2p`
    if [ -n "$root_dataset" ] && mount -F zfs "$root_dataset" "$zone_root"; then
      zone_root_mounted=yes
      return 0
    fi
  fi
  complain "$zone_root holds no etc"
  return 1
}

close_zoneroot() {
  if [ -n "$zone_root_mounted" ]; then umount "$zone_root"; fi
}

real_parents() { # PATH below the zoneroot: fails when a directory on the way is a symbolic link
  parents_at=`dirname "$1"` || return 1
  while [ "$parents_at" != . ]; do
    if [ -h "$zone_root/$parents_at" ]; then
      complain "refused to write $1: $parents_at in the zoneroot of $z_name is a symbolic link"
      return 1
    fi
    parents_at=`dirname "$parents_at"` || return 1
  done
}

real_place() { # PATH below zf_root: fails when it, or a directory on the way to it, is a symbolic link
  place_at=$1
  while [ "$place_at" != "$zf_root" ]; do
    case $place_at in
      / | .) return 0 ;;
    esac
    if [ -h "$place_at" ]; then
      complain "refused to write to $1: $place_at is a symbolic link"
      return 1
    fi
    place_at=`dirname "$place_at"` || return 1
  done
}

put() { # PATH MODE: standard input becomes the file; a symbolic link of that name is replaced, not followed
  real_parents "$1" || return 1
  if [ -h "$zone_root/$1" ]; then rm -f "$zone_root/$1"; fi
  if [ -d "$zone_root/$1" ]; then
    complain "refused to write $1: it is a directory in the zoneroot of $z_name"
    return 1
  fi
  rm -rf "$zone_root/$1.zoneflash"
  (umask 077 && cat >"$zone_root/$1.zoneflash") && chmod "$2" "$zone_root/$1.zoneflash" &&
    mv -f "$zone_root/$1.zoneflash" "$zone_root/$1"
}

rewrite() { # PATH: standard input becomes the contents; owner and mode stay. For regular files that exist
  real_parents "$1" || return 1
  rm -rf "$zone_root/$1.zoneflash"
  cp -p "$zone_root/$1" "$zone_root/$1.zoneflash" && cat >"$zone_root/$1.zoneflash" &&
    mv -f "$zone_root/$1.zoneflash" "$zone_root/$1"
}

is_file() { # PATH: whether a regular file, no link, reached through real directories
  real_parents "$1" || return 1
  [ -f "$zone_root/$1" ] && [ ! -h "$zone_root/$1" ]
}

drop() { # PATH...
  for drop_path in "$@"; do
    real_parents "$drop_path" || return 1
    rm -rf "${zone_root:?}/$drop_path" || return 1
  done
}

drop_matching() { # DIRECTORY PATTERN...: names in the directory, which may be missing
  drop_directory=$1
  shift
  real_parents "$drop_directory/x" || return 1
  for drop_pattern in "$@"; do
    # shellcheck disable=SC2231 # the pattern is meant to match
    for drop_file in "$zone_root/$drop_directory"/$drop_pattern; do
      if [ -f "$drop_file" ] || [ -h "$drop_file" ] || [ -d "$drop_file" ]; then rm -rf "$drop_file" || return 1; fi
    done
  done
}

empty() { # PATH...: the file stays, its contents go
  for empty_path in "$@"; do
    real_parents "$empty_path" || return 1
    if is_file "$empty_path"; then cp /dev/null "$zone_root/$empty_path" || return 1; fi
  done
}

empty_matching() { # DIRECTORY PATTERN...: regular files in the directory, which may be missing
  empty_directory=$1
  shift
  real_parents "$empty_directory/x" || return 1
  for empty_pattern in "$@"; do
    # shellcheck disable=SC2231 # the pattern is meant to match
    for empty_file in "$zone_root/$empty_directory"/$empty_pattern; do
      if [ -f "$empty_file" ] && [ ! -h "$empty_file" ]; then cp /dev/null "$empty_file" || return 1; fi
    done
  done
}

empty_below() { # DIRECTORY: every regular file below it; find follows no links
  real_parents "$1/x" || return 1
  [ -d "$zone_root/$1" ] || return 0
  find "$zone_root/$1" -type f -exec cp /dev/null {} \;
}
