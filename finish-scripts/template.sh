# From a version on the server to an attached flash zone that can be cloned. Reads t_*, set by zf_template_N.

check_decompressor() { # of the full form
  choose_form full
  check_command=`decompressor`
  have "$check_command" || {
    complain "$t_name comes as $t_format with $t_compression, but this host has no $check_command"
    return 1
  }
}

have_template() { # nothing when every zone that needs the template is there already
  if template_is_needed; then
    step fetch "$t_zone" fetch_template
    if [ "$t_flash_zone" = keep ]; then have_flash_zone; fi
  fi
}

have_flash_zone() { # once, for the first zone that is cloned, or because it is kept; personal streams need none
  case " $zf_flash_zones " in
    *" $t_zone "*) return 0 ;;
  esac
  step configure "$t_zone" configure_flash_zone
  step attach "$t_zone" attach_flash_zone
  zf_flash_zones="$zf_flash_zones $t_zone"
}

template_is_needed() {
  for needed_zone in $t_for_zones; do
    [ -f "$zf_state/zones/$needed_zone/cloned" ] || return 0
  done
  return 1
}

fetch_template() {
  ensure_root "$zf_flash_root" || return 1
  fetch_parent=`dataset_at "$zf_flash_root"`
  fetch_dataset=`dataset_at "$t_path"`
  if [ -n "$fetch_dataset" ]; then mount_dataset "$fetch_dataset" || return 1; fi
  if [ -d "$t_path" ]; then
    fetched_digest=`cat "$zf_state/templates/$t_name" 2>/dev/null`
    # whichever of its forms was taken
    case " $t_digests " in
      *" $fetched_digest "*) return "$nothing_to_do" ;;
    esac
    if [ -z "$fetched_digest" ]; then
      complain "$t_path exists and was not made by zoneflash; move it aside"
      return 1
    fi
  fi
  fetch_incoming=${t_path}_incoming
  drop_incoming || return 1
  for fetch_form in increment layer full; do
    choose_form "$fetch_form"
    form_is_possible || continue
    if take_form; then
      adopt_incoming && return 0
      break
    fi
    if [ "$fetch_form" = full ]; then break; fi
    echo "$t_name: the $fetch_form does not do; another form is taken instead"
    drop_incoming || return 1
  done
  drop_incoming
  return 1
}

drop_incoming() { # what a run that died left half unpacked; the name cannot be a template's, which has no underscore
  if [ -n "$fetch_parent" ] && dataset_exists "${fetch_parent}/${t_name}_incoming"; then
    zfs destroy -r "${fetch_parent}/${t_name}_incoming" || return 1
  fi
  unmake_line dataset "${fetch_parent}/${t_name}_incoming"
  rm -rf "$fetch_incoming" && unmake_line tree "$fetch_incoming"
}

make_incoming() {
  if [ -n "$fetch_parent" ]; then
    will_make dataset "${fetch_parent}/${t_name}_incoming"
    zfs create "${fetch_parent}/${t_name}_incoming"
  else
    will_make tree "$fetch_incoming"
    mkdir "$fetch_incoming"
  fi && chmod 700 "$fetch_incoming"
}

unpack_incoming() {
  unpack_into=$fetch_incoming
  if [ "$t_layout" = zoneroot ]; then
    unpack_into=$fetch_incoming/root
    mkdir "$unpack_into" || return 1
    chmod 755 "$unpack_into"
  fi
  case $t_format in
    tar) stream_template untar "$unpack_into" ;;
    cpio) stream_template uncpio "$unpack_into" ;;
  esac
}

mount_incoming() { # a stream with properties brings the mount point of the host it was made on
  zfs inherit mountpoint "${fetch_parent}/${t_name}_incoming" || return 1
  [ -d "$fetch_incoming/root" ] || zfs mount "${fetch_parent}/${t_name}_incoming"
}

adopt_incoming() { # gives the verified tree its name; the record comes first, so that no tree is ever without one
  if [ -h "$fetch_incoming/root" ] || [ ! -d "$fetch_incoming/root" ]; then
    complain "$t_name holds no zoneroot: $fetch_incoming/root is not a directory"
    return 1
  fi
  if [ -h "$fetch_incoming/SUNWdetached.xml" ]; then
    complain "$t_name: SUNWdetached.xml is a symbolic link"
    return 1
  fi
  if [ ! -f "$fetch_incoming/SUNWdetached.xml" ]; then
    cat >"$fetch_incoming/SUNWdetached.xml" <<END
$t_detached_xml
END
    chmod 644 "$fetch_incoming/SUNWdetached.xml"
  fi
  chown 0:0 "$fetch_incoming" && chmod 700 "$fetch_incoming" || return 1
  if [ -d "$t_path" ]; then retire_template || return 1; fi
  echo "$s_sha256" >"$zf_work/record" && mv "$zf_work/record" "$zf_state/templates/$t_name" || return 1
  if [ -n "$fetch_parent" ]; then
    choose_dataset
    will_make dataset "$adopt_dataset"
    adopt_as "$adopt_dataset" || return 1
    unmake_line dataset "${fetch_parent}/${t_name}_incoming"
  else
    will_make tree "$t_path"
    mv "$fetch_incoming" "$t_path" || return 1
    unmake_line tree "$fetch_incoming"
  fi
}

# ZFS of Solaris 10 calls a file system busy while a clone of it is mounted, and does not rename it. So what a new version
# replaces keeps its name and goes out of sight; the new one gets a name with a number.
choose_dataset() { # sets adopt_dataset; what was replaced once and has no clones any more goes now
  adopt_dataset=$fetch_parent/$t_name
  adopt_number=1
  while dataset_exists "$adopt_dataset"; do
    adopt_mountpoint=`zfs get -H -o value mountpoint "$adopt_dataset"`
    if [ "$adopt_mountpoint" = none ] && zfs destroy -r "$adopt_dataset" 2>/dev/null; then return 0; fi
    adopt_number=`expr "$adopt_number" + 1`
    adopt_dataset=${fetch_parent}/${t_name}_$adopt_number
  done
}

adopt_as() { # DATASET
  if [ "$1" = "$fetch_parent/$t_name" ]; then
    rename_dataset "${fetch_parent}/${t_name}_incoming" "$1"
    return
  fi
  # should the run die in between: without a place it counts as replaced
  adopt_place=`own_place "$t_path"`
  zfs set mountpoint=none "${fetch_parent}/${t_name}_incoming" &&
    zfs rename "${fetch_parent}/${t_name}_incoming" "$1" &&
    zfs set mountpoint="$adopt_place" "$1" && mount_dataset "$1"
}

retire_template() { # the tree of another version; its dataset stays as long as zones are clones of it
  if is_configured "$t_zone"; then
    is_ours "$t_zone" || {
      complain "zone $t_zone was not made by zoneflash"
      return 1
    }
    if is_in_state "$t_zone" configured; then :; else zoneadm -z "$t_zone" detach || return 1; fi
    zonecfg -z "$t_zone" delete -F || return 1
  fi
  retire_dataset=`dataset_at "$t_path"`
  if [ -n "$retire_dataset" ]; then
    if zfs destroy -r "$retire_dataset" 2>/dev/null; then :; else
      zfs set mountpoint=none "$retire_dataset" || return 1
      echo "kept $retire_dataset: zones are clones of it"
    fi
    if [ -d "$t_path" ]; then rmdir "$t_path" || return 1; fi
  else
    rm -rf "$t_path" || return 1
  fi
  rm -f "$zf_state/templates/$t_name"
}

configure_flash_zone() {
  if is_configured "$t_zone"; then
    leave_out_of_host
    return $?
  fi
  will_make flash-zone "$t_zone"
  remember_zone "$t_zone" || return 1
  {
    echo "create -a $t_path"
    echo 'set autoboot=false'
    if grep 'name="flash-origin"' "$t_path/SUNWdetached.xml" >/dev/null; then echo 'select attr name=flash-origin'; else
      echo 'add attr'
      echo 'set name=flash-origin'
      echo 'set type=string'
    fi
    echo "set value=\"$t_name@$t_version\""
    echo end
    echo commit
  } >"$zf_work/zonecfg"
  zonecfg -z "$t_zone" -f "$zf_work/zonecfg" || return 1
  leave_out_of_host
  [ $? -ne 1 ]
}

# Addresses, devices, delegated datasets and privileges belong to the host the template comes from; clones would inherit them.
leave_out_of_host() {
  {
    zonecfg -z "$t_zone" info net | new_awk '
      function flush() { if (keys != "") print "remove net" keys; keys = "" }
      /^net:/ { flush() }
      /^[ \t]+(address|allowed-address|physical): / {
        name = $1; sub(/:$/, "", name)
        value = $0; sub(/^[ \t]+[a-z-]+: /, "", value); gsub(/"/, "", value)
        keys = keys " " name "=\"" value "\""
      }
      END { flush() }'
    zonecfg -z "$t_zone" info device 2>/dev/null | new_awk '
      /^[ \t]+match: / { value = $0; sub(/^[ \t]+match: /, "", value); gsub(/"/, "", value); print "remove device match=\"" value "\"" }'
    zonecfg -z "$t_zone" info limitpriv 2>/dev/null | new_awk '
      $1 == "limitpriv:" && NF > 1 && $2 != "default" { print "set limitpriv=default" }'
    zonecfg -z "$t_zone" info dataset | new_awk '
      /^[ \t]+name: / { value = $0; sub(/^[ \t]+name: /, "", value); gsub(/"/, "", value); print "remove dataset name=\"" value "\"" }'
  } >"$zf_work/zonecfg"
  [ -s "$zf_work/zonecfg" ] || return "$nothing_to_do"
  echo commit >>"$zf_work/zonecfg"
  zonecfg -z "$t_zone" -f "$zf_work/zonecfg" || return 1
}

attach_flash_zone() {
  attach_state=`zone_state "$t_zone"`
  case $attach_state in
    installed) return "$nothing_to_do" ;;
    configured) ;;
    *)
      complain "zone $t_zone is in state $attach_state, expected configured or installed"
      return 1
      ;;
  esac
  attach "$t_zone"
}

attach() { # ZONE: as the profile wants zones of this template attached
  attach_options=
  case $t_attach_policy in
    update) attach_options=-u ;;
    force) attach_options=-F ;;
  esac
  for attach_patch in $t_backout; do
    attach_options="$attach_options -b $attach_patch"
  done
  # shellcheck disable=SC2086 # options are words
  zoneadm -z "$1" attach $attach_options
}

release_template() {
  step detach "$t_zone" detach_flash_zone
}

detach_flash_zone() {
  if [ "$t_flash_zone" = keep ]; then return "$nothing_to_do"; fi
  is_in_state "$t_zone" installed || return "$nothing_to_do"
  is_ours "$t_zone" || return "$nothing_to_do"
  zoneadm -z "$t_zone" detach
}
