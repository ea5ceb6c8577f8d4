# Datasets that hold templates and zones, on hosts that have ZFS.

dataset_at() { # DIRECTORY: prints the file system mounted exactly there
  have zfs || return 0
  dataset_directory=$1
  export dataset_directory
  zfs list -H -o name,mountpoint -t filesystem 2>/dev/null |
    new_awk -F'	' '$2 == ENVIRON["dataset_directory"] { print $1 }' | sed 1q
}

own_place() { # DIRECTORY: prints where the host itself will see it; a pool that was imported below /a mounts everything there
  case $1 in
    "$zf_root"/*) echo "$1" | sed "s,^$zf_root,," ;;
    *) echo "$1" ;;
  esac
}

dataset_exists() { # DATASET
  zfs list -H -o name "$1" >/dev/null 2>&1
}

a_pool() { # prints the pool for new datasets: that of the zones, of the templates, or the first
  have zfs || return 0
  for pool_directory in "$zf_zones_root" "$zf_flash_root"; do
    pool_dataset=`dataset_at "$pool_directory"`
    if [ -n "$pool_dataset" ]; then
      echo "$pool_dataset" | sed 's,/.*,,'
      return 0
    fi
  done
  zfs list -H -o name -t filesystem 2>/dev/null | sed -e 's,/.*,,' -e 1q
}

ensure_root() { # DIRECTORY: a dataset of its own where there is a pool, so that clones are cheap; else a plain directory
  if [ -d "$1" ]; then
    root_children=`ls -A "$1"`
    root_dataset=`dataset_at "$1"`
    if [ -n "$root_children" ] || [ -n "$root_dataset" ]; then return 0; fi
  fi
  root_pool=`a_pool`
  if [ -n "$root_pool" ]; then
    root_mountpoint=`own_place "$1"`
    root_dataset=$root_pool/`echo "$root_mountpoint" | sed -e 's,^/*,,' -e 's,[^A-Za-z0-9_.-],-,g'`
    if dataset_exists "$root_dataset"; then :; else
      will_make empty-dataset "$root_dataset"
      zfs create -o mountpoint="$root_mountpoint" "$root_dataset" || return 1
      chmod 755 "$1"
      return 0
    fi
  fi
  [ -d "$1" ] && return 0
  will_make empty-directory "$1"
  mkdir -p "$1" && chmod 755 "$1"
}

rename_dataset() { # OLD NEW: some ZFS cannot rename a file system while it is mounted
  zfs unmount "$1" 2>/dev/null
  zfs rename "$1" "$2" && mount_dataset "$2"
}

mount_dataset() { # DATASET: mounted or not, it is mounted afterwards; a run may have died between rename and mount
  mount_state=`zfs get -H -o value mounted "$1"`
  if [ "$mount_state" = yes ]; then return 0; fi
  zfs mount "$1"
}
