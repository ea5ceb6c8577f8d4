# Zones of a host that is being installed: each lies ready below /a, halted and not yet configured. What only a kernel can do
# (zonecfg, attach, boot) is left to the first boot, which finds `received` or `staged` and needs no more of the network.

stage_template() {
  step fetch "$t_zone" fetch_staged_template
}

fetch_staged_template() {
  real_place "$t_path" && fetch_template
}

stage_zone() {
  step stage "$z_name" make_staged_zone
}

make_staged_zone() {
  real_place "$z_path" || return 1
  if is_staged; then return "$nothing_to_do"; fi
  if [ -n "$z_stream" ]; then
    receive_zone
    stage_status=$?
    if [ "$stage_status" -eq 0 ]; then return 0; fi
    # an earlier run received it
    if is_marked received; then return "$nothing_to_do"; fi
    if [ "$stage_status" -ne "$nothing_to_do" ]; then return 1; fi
  fi
  if was_staging; then
    drop_staged || return 1
  elif is_empty_place; then :; else
    complain "$z_path exists and is not empty: what was kept of an earlier install is not touched"
    return 1
  fi
  will_make staged-zone "$z_name"
  remember_zone "$z_name" && echo "$z_path" >"$zf_state/zones/$z_name/staging" || return 1
  stage_tree && settle_staged || return 1
  write_staged_configuration && reset_identity && write_staged_answers && mark staged
}

stage_tree() { # a clone where template and zones are in one pool, else a copy
  stage_parent=`dirname "$z_path"`
  ensure_root "$stage_parent" || return 1
  stage_template_dataset=`dataset_at "$t_path"`
  stage_parent_dataset=`dataset_at "$stage_parent"`
  stage_pool=`echo "$stage_parent_dataset" | sed 's,/.*,,'`
  case $stage_parent_dataset:$stage_template_dataset in
    : | *: | :*) ;;
    *:"$stage_pool"/*)
      stage_clone
      return
      ;;
  esac
  echo "a copy of $t_path"
  if [ -n "$stage_parent_dataset" ]; then
    zfs create "$stage_parent_dataset/`basename "$z_path"`" || return 1
  else
    [ -d "$z_path" ] || mkdir "$z_path" || return 1
  fi
  chmod 700 "$z_path" && copy_tree "$t_path" "$z_path"
}

stage_clone() { # of what the template was when it came: nobody attaches it before the first boot
  stage_snapshot=$stage_template_dataset@zoneflash-$t_version
  if dataset_exists "$stage_snapshot"; then :; else zfs snapshot "$stage_snapshot" || return 1; fi
  stage_dataset=$stage_parent_dataset/`basename "$z_path"`
  echo "a clone of $stage_snapshot"
  zfs clone "$stage_snapshot" "$stage_dataset" && mount_dataset "$stage_dataset" || return 1
  stage_at=`dataset_at "$z_path"`
  if [ "$stage_at" = "$stage_dataset" ]; then return 0; fi
  complain "$stage_dataset is not mounted at $z_path"
  return 1
}

is_empty_place() { # whether nothing lies where the zone goes
  stage_children=`ls -A "$z_path" 2>/dev/null`
  [ -z "$stage_children" ]
}

settle_staged() {
  if [ -h "$z_path/root" ] || [ ! -d "$z_path/root" ]; then
    complain "$z_path/root is not a directory"
    return 1
  fi
  rm -f "$z_path/SUNWattached.xml" "$z_path/SUNWdetached.xml" && chown 0:0 "$z_path" && chmod 700 "$z_path"
}

write_staged_configuration() { # the template's with the profile's settings: `create -a` reads it at the first boot
  cat >"$z_path/SUNWdetached.xml" <<END && chmod 644 "$z_path/SUNWdetached.xml"
$z_detached_xml
END
}

write_staged_answers() { # a template without questions has none
  write_sysidcfg
  case $? in
    0 | "$nothing_to_do") return 0 ;;
    *) return 1 ;;
  esac
}
