# From a finished root to the one that the pool boots; and, once it runs, what becomes of the one of before. Reads y_*, set by
# zf_system.

activate_system() {
  if system_is_booted; then return "$nothing_to_do"; fi
  activate_stage=`system_stage`
  activate_boots=`pool_boots`
  case $activate_stage in
    active | confirmed)
      if [ "$activate_boots" = "$system_root" ]; then return "$nothing_to_do"; fi
      if [ "$activate_stage" = confirmed ]; then
        echo "pool $y_pool boots $activate_boots; $system_root has booted before and is left alone"
        return "$nothing_to_do"
      fi
      ;;
  esac
  activate_mounted=`native_property "$system_root" mounted`
  if [ "$activate_mounted" = yes ]; then close_system || return 1; fi
  zfs set mountpoint=/ "$system_root" && zfs set canmount=noauto "$system_root" || return 1
  activate_current=`current_environment`
  zfs set zoneflash:old="$activate_current" "$system_root" && name_for_beadm || return 1
  if [ -z "$zf_root" ] && have beadm; then
    beadm activate "$y_environment" || return 1
  else
    zpool set bootfs="$system_root" "$y_pool" && write_boot_menus || return 1
  fi
  zfs set zoneflash:stage=active "$system_root" || return 1
  echo "pool $y_pool boots $system_root; $activate_current stays until that has booted"
}

pool_boots() { # zpool get of Solaris 10 prints a table and knows no -H
  zpool get bootfs "$y_pool" 2>/dev/null | new_awk '$2 == "bootfs" { print $3 }'
}

name_for_beadm() { # environments and the zones in them are told apart by it
  [ "$y_os_family" = illumos ] || return 0
  beadm_uuid=`system_property "$system_root" org.opensolaris.libbe:uuid`
  if [ -n "$beadm_uuid" ]; then return 0; fi
  beadm_uuid=`random_hex 16 | sed 's,\(........\)\(....\).\(...\).\(...\)\(............\),\1-\2-4\3-8\4-\5,'`
  zfs set org.opensolaris.libbe:uuid="$beadm_uuid" "$system_root" &&
    zfs set org.opensolaris.libbe:policy=static "$system_root"
}

write_boot_menus() { # where an entry names its file system, the pool's bootfs does not decide
  menu_place=`native_property "$y_pool" mountpoint`
  if [ -f "$menu_place/boot/menu.lst" ]; then
    add_menu_line "$menu_place/boot/menu.lst" || return 1
  fi
  if [ -f "$menu_place/boot/grub/menu.lst" ]; then
    change_grub_menu <"$menu_place/boot/grub/menu.lst" >"$zf_work/menu" &&
      cat "$zf_work/menu" >"$menu_place/boot/grub/menu.lst" || return 1
  fi
}

add_menu_line() { # FILE: of SPARC and of the illumos loader, a title and a file system for each environment
  menu_line="bootfs $system_root"
  export menu_line
  menu_there=`new_awk '$0 == ENVIRON["menu_line"] { print "yes"; exit }' "$1"`
  if [ "$menu_there" = yes ]; then return 0; fi
  {
    echo "title $y_environment"
    echo "$menu_line"
  } >>"$1"
}

change_grub_menu() { # a copy of the entry that is the default, for the new environment; it becomes the default
  menu_title="zoneflash $y_environment"
  menu_root=$system_root
  export menu_title menu_root
  new_awk '
    { line[++count] = $0 }
    /^default[ \t=]/ { chosen = $0; sub(/^default[ \t=]+/, "", chosen) }
    /^title[ \t]/ { entries++; entry[count] = entries; title[entries] = $0 }
    { within[count] = entries }
    END {
      ours = 0
      for (i = 1; i <= entries; i++) if (title[i] == "title " ENVIRON["menu_title"]) ours = i
      wanted = chosen + 1
      if (ours == 0) kept = entries; else kept = entries - 1
      told = 0
      for (i = 1; i <= count; i++) {
        if (ours != 0 && within[i] == ours) continue
        if (line[i] ~ /^default[ \t=]/) { if (!told) print "default " kept; told = 1; continue }
        if (!told && entry[i]) { print "default " kept; told = 1 }
        print line[i]
      }
      print "title " ENVIRON["menu_title"]
      named = 0
      for (i = 1; i <= count; i++) {
        if (within[i] != wanted || line[i] !~ /^(findroot|root|bootfs|kernel|module)/) continue
        if (line[i] ~ /^bootfs/) continue
        if (!named && line[i] ~ /^(kernel|module)/) { print "bootfs " ENVIRON["menu_root"]; named = 1 }
        print line[i]
      }
    }'
}

# In the new environment, once it runs.
system_confirm_boot() {
  name_system
  system_is_booted || return "$nothing_to_do"
  confirm_stage=`system_stage`
  confirm_old=`system_property "$system_root" zoneflash:old`
  if [ -z "$confirm_stage" ] || [ "$confirm_stage" = confirmed ]; then return "$nothing_to_do"; fi
  case $confirm_old in
    "$system_root") ;;
    "$y_pool/ROOT/"*) leave_old_environment ;;
  esac
  zfs inherit zoneflash:old "$system_root" && zfs set zoneflash:stage=confirmed "$system_root"
}

leave_old_environment() { # what cannot go does not stop the host
  dataset_exists "$confirm_old" || return 0
  if [ "$y_old" != remove ]; then
    echo "kept $confirm_old, the environment of before: zfs destroy -r $confirm_old"
    return 0
  fi
  if have beadm && beadm list -H "`basename "$confirm_old"`" >/dev/null 2>&1; then
    beadm destroy -F "`basename "$confirm_old"`"
  else
    zfs destroy -r "$confirm_old"
  fi && echo "destroyed $confirm_old, the environment of before" && return 0
  echo "left behind: $confirm_old, the environment of before"
}
