# A layer makes the tree of a version out of its origin's: what is gone is removed, what is new is laid over it, and the
# result must list as the version's index says (docs/layer-format.md). Nothing is followed out of the tree.

layer_is_possible() { # the origin's tree is here, and came from an archive of that version
  have cpio || return 1
  layer_from=$zf_flash_root/$t_layer_origin
  [ -d "$layer_from/root" ] && [ ! -h "$layer_from" ] && [ ! -h "$layer_from/root" ] || return 1
  layer_record=`cat "$zf_state/templates/$t_layer_origin" 2>/dev/null`
  [ -n "$layer_record" ] || return 1
  case " $t_layer_onto " in
    *" $layer_record "*) return 0 ;;
  esac
  return 1
}

take_layer() {
  layer_new=$fetch_incoming/layer
  copy_origin && mkdir "$layer_new" && chmod 700 "$layer_new" &&
    stream_template untar "$layer_new" && apply_layer && rm -rf "$layer_new" && keep_pristine
}

# A clone of what the origin was when it came, where ZFS has kept that; else a copy of what it is.
copy_origin() {
  copy_dataset=
  if [ -n "$fetch_parent" ]; then copy_dataset=`dataset_at "$layer_from"`; fi
  if [ -n "$copy_dataset" ] && dataset_exists "$copy_dataset@zoneflash-$t_layer_origin_version"; then
    echo "building on a clone of $copy_dataset@zoneflash-$t_layer_origin_version"
    will_make dataset "${fetch_parent}/${t_name}_incoming"
    zfs clone "$copy_dataset@zoneflash-$t_layer_origin_version" "${fetch_parent}/${t_name}_incoming" || return 1
    mount_dataset "${fetch_parent}/${t_name}_incoming" || return 1
  else
    echo "building on a copy of $layer_from"
    make_incoming && copy_tree "$layer_from/root" "$fetch_incoming/root" || return 1
  fi
  # the version has its own
  rm -f "$fetch_incoming/SUNWdetached.xml"
}

copy_tree() { # FROM TO: links, owners and modes as they are
  [ -d "$2" ] || mkdir "$2" || return 1
  (cd "$1" && find . -depth -print | cpio -pdmu "$2")
}

apply_layer() {
  zone_root=$fetch_incoming/root
  z_name=$t_name
  layer_head=`sed 1q "$layer_new/layer/head" 2>/dev/null`
  layer_said=`sed -n 's/^origin //p' "$layer_new/layer/head"`
  layer_wanted=`sed -n 's/^listing //p' "$layer_new/layer/head"`
  if [ "$layer_head" != 'zoneflash-layer 1' ] || [ "$layer_said" != "$t_layer_origin@$t_layer_origin_version" ]; then
    complain "$t_name: this is no layer of format 1 on $t_layer_origin@$t_layer_origin_version"
    return 1
  fi
  # paths become quoted words of a shell script: nothing in a name is read as anything else
  removal_commands <"$layer_new/layer/remove" >"$zf_work/layer.sh" || return 1
  # shellcheck disable=SC1091 # made just now
  . "$zf_work/layer.sh" || return 1
  if [ -d "$layer_new/root" ] && [ ! -h "$layer_new/root" ]; then
    (cd "$layer_new/root" && find . ! -name . -type d -print) | sed 's,^\./,,' | layer_commands directory >"$zf_work/layer.sh" || return 1
    (cd "$layer_new/root" && find . ! -name . ! -type d -print) | sed 's,^\./,,' | layer_commands leaf >>"$zf_work/layer.sh" || return 1
    # shellcheck disable=SC1091 # made just now
    . "$zf_work/layer.sh" || return 1
    copy_tree "$layer_new/root" "$zone_root" || return 1
  fi
  layer_got=`list_tree "$zone_root" | sha256`
  if [ "$layer_got" != "$layer_wanted" ]; then
    complain "$t_name: the tree on $t_layer_origin lists as $layer_got, expected $layer_wanted"
    return 1
  fi
}

layer_commands() { # WORD: for each path on standard input the command layer_WORD, which ends the script when it fails
  layer_word=$1
  export layer_word
  new_awk '
    $0 == "" || /^\// || /(^|\/)\.\.?(\/|$)/ { print "complain \"a path that leads outside\"; return 1"; exit }
    { gsub(/\047/, "\047\\\047\047"); print "layer_" ENVIRON["layer_word"] " \047" $0 "\047 || return 1" }
    END { print ":" }'
}

# Without a process for each path: every directory on the way is looked at once, by the shell itself, and then one rm takes
# up to 50 paths. The tree is at rest, so a directory that was real stays so.
removal_commands() { # reads the paths
  new_awk '
    function quoted(text) { gsub(/\047/, "\047\\\047\047", text); return "\047" text "\047" }
    $0 == "" || /^\// || /(^|\/)\.\.?(\/|$)/ { outside = 1; exit }
    {
      count = split($0, names, "/")
      parent = ""
      for (i = 1; i < count; i++) {
        parent = parent (i == 1 ? "" : "/") names[i]
        if (!(parent in seen)) { seen[parent] = 1; print "layer_parent " quoted(parent) " || return 1" }
      }
      gone[++total] = $0
    }
    END {
      if (outside) { print "complain \"a path that leads outside\"; return 1"; exit }
      for (i = 1; i <= total; i++) {
        if (i % 50 == 1) printf "rm -rf"
        printf " \"${zone_root:?}\"/%s", quoted(gone[i])
        if (i % 50 == 0 || i == total) print " || return 1"
      }
      print ":"
    }'
}

layer_parent() { # PATH
  if [ -h "$zone_root/$1" ]; then
    complain "refused to remove what is below $1: in the tree of $t_layer_origin it is a symbolic link"
    return 1
  fi
}

layer_directory() { # PATH: in the tree it must be a directory too, or nothing yet
  if [ -h "$zone_root/$1" ] || [ -f "$zone_root/$1" ]; then
    complain "refused to lay $1 over what is no directory in the tree of $t_layer_origin"
    return 1
  fi
}

layer_leaf() { # PATH: nothing may be there any more; its directories were looked at
  if [ -h "$zone_root/$1" ] || [ -f "$zone_root/$1" ] || [ -d "$zone_root/$1" ]; then
    complain "refused to lay $1 over what the layer does not remove"
    return 1
  fi
}

# Every entry below DIRECTORY, and the digest of every file, sorted: the same text on every system. Of directories and links
# the size is left out, of links the mode and owner; what ls calls l or L is setgid without the right to execute.
list_tree() { # DIRECTORY
  cd "$1" || return 1
  {
    find . ! -name . -exec ls -ldn '{}' + | new_awk '{
      mode = substr($1, 1, 10); names = $2; owner = $3 " " $4; size = $5; path = $0
      kind = substr(mode, 1, 1)
      if (kind == "b" || kind == "c") sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ /, "", path)
      else sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ /, "", path)
      if (substr(mode, 7, 1) == "l" || substr(mode, 7, 1) == "L") mode = substr(mode, 1, 6) "S" substr(mode, 8)
      if (kind == "l") { mode = "l"; owner = "- -" }
      if (kind != "-") { size = "-"; names = "-" }
      print mode " " owner " " size " " names " " path
    }'
    digest_files
  } | sort
}

digest_files() { # below the current directory: `DIGEST PATH` for each
  case $zf_digest in
    digest) find . -type f -exec digest -v -a sha256 '{}' + | sed 's/^sha256 (\(.*\)) = \([0-9a-f]*\)$/\2 \1/' ;;
    sha256sum)
      # a line with a backslash in front has those in the name doubled
      find . -type f -exec sha256sum '{}' + | sed -e '/^\\/{' -e 's/^\\//' -e 's/\\\\/\\/g' -e '}' -e 's/^\([0-9a-f]*\) [ *]/\1 /'
      ;;
    *) find . -type f -exec openssl dgst -sha256 '{}' + | sed 's/^[^(]*(\(.*\))= \([0-9a-f]*\)$/\2 \1/' ;;
  esac
}
