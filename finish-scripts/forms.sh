# The ways to a template: what builds on an origin that this host has, then the full form. Each gives the same tree.

choose_form() { # FORM: sets s_*, what the download functions read
  s_form=$1
  case $1 in
    increment)
      s_url_path=$t_increment_url_path
      s_sha256=$t_increment_sha256
      s_compression=$t_increment_compression
      ;;
    layer)
      s_url_path=$t_layer_url_path
      s_sha256=$t_layer_sha256
      s_compression=$t_layer_compression
      ;;
    full)
      s_url_path=$t_url_path
      s_sha256=$t_sha256
      s_compression=$t_compression
      ;;
  esac
}

form_is_possible() { # the chosen one, on this host as it is now
  if [ "$s_form" = full ]; then return 0; fi
  [ -n "$s_url_path" ] || return 1
  possible_command=`decompressor`
  have "$possible_command" || return 1
  case $s_form in
    increment) increment_is_possible ;;
    layer) layer_is_possible ;;
  esac
}

take_form() { # fills the incoming place; what was taken is told to the server
  case $s_form in
    increment) take_increment && took zfs-incremental ;;
    layer) take_layer && took layer ;;
    full) take_full && took "$t_format" ;;
  esac
}

took() { # FORM: the digest tells which of several it was
  echo "sha256 $s_sha256"
  echo "took $1"
}

take_full() {
  if [ "$t_format" = zfs ]; then
    if [ -z "$fetch_parent" ]; then
      complain "$t_name is a ZFS stream, but $zf_flash_root is not a ZFS file system of its own"
      return 1
    fi
    receive_incoming
  else
    make_incoming && unpack_incoming && keep_pristine
  fi
}

# An increment of a clone says by its guid which snapshot it builds on; receive looks for that in the whole pool.
increment_is_possible() {
  [ -n "$fetch_parent" ] && [ -n "$t_increment_from" ] || return 1
  increment_onto=`snapshot_with_guid "$t_increment_from"`
  [ -n "$increment_onto" ]
}

take_increment() {
  echo "building on $increment_onto"
  receive_incoming
}

snapshot_with_guid() { # GUID: prints the snapshot below the templates' root that has it
  snapshot_guid=$1
  export snapshot_guid
  zfs get -H -p -r -o name,value guid "$fetch_parent" 2>/dev/null |
    new_awk -F'	' '$1 ~ /@/ && $2 == ENVIRON["snapshot_guid"] { print $1 }' | sed 1q
}

receive_incoming() {
  will_make dataset "${fetch_parent}/${t_name}_incoming"
  stream_template receive "${fetch_parent}/${t_name}_incoming" && mount_incoming
}

# What attach and its updates change later shall not be in what a layer builds on.
keep_pristine() {
  [ -n "$fetch_parent" ] || return 0
  zfs snapshot "${fetch_parent}/${t_name}_incoming@zoneflash-$t_version"
}
