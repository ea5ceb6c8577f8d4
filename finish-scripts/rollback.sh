# Takes back what was begun and did not come to a first boot. Walks the journal backwards; what cannot be undone is said.
# Roots for templates and zones stay when something else has moved in.

roll_back() {
  [ -s "$zf_state/undo" ] || return "$nothing_to_do"
  sed -n '1!G;h;$p' "$zf_state/undo" >"$zf_work/journal"
  # what holds other things goes after them, whenever it was made
  grep -v '^empty-' "$zf_work/journal" >"$zf_work/backwards"
  grep '^empty-' "$zf_work/journal" >>"$zf_work/backwards"
  while read undo_kind undo_name; do
    undo "$undo_kind" "$undo_name" </dev/null || echo "left behind: $undo_kind $undo_name"
  done <"$zf_work/backwards"
  rm -f "$zf_state/undo"
}

undo() { # KIND NAME
  case $1 in
    zone) undo_zone "$2" ;;
    flash-zone) undo_flash_zone "$2" ;;
    dataset)
      undo_record "$2"
      dataset_exists "$2" || return 0
      zfs destroy -r "$2"
      ;;
    zone-dataset) undo_zone_dataset "$2" ;;
    staged-zone) undo_staged_zone "$2" ;;
    empty-dataset)
      zfs destroy "$2" 2>/dev/null || return 0
      ;;
    tree)
      undo_record "$2"
      rm -rf "$2"
      ;;
    empty-directory) rmdir "$2" 2>/dev/null || return 0 ;;
  esac
}

undo_record() { # DATASET or DIRECTORY of a template
  undo_template=`basename "$1" | sed 's/_[0-9]*$//'`
  rm -f "$zf_state/templates/$undo_template"
}

undo_zone() { # ZONE: never one that runs or has run
  undo_state=`zone_state "$1"`
  if [ -n "$undo_state" ]; then
    is_ours "$1" || return 1
    if [ -f "$zf_state/zones/$1/booted" ]; then return 1; fi
    case $undo_state in
      installed | incomplete) zoneadm -z "$1" uninstall -F || return 1 ;;
      configured) ;;
      *) return 1 ;;
    esac
    zonecfg -z "$1" delete -F || return 1
    if [ -f "$zf_state/zones/$1/dataset" ]; then
      rm -f "$zf_state/zones/$1/cloned" "$zf_state/zones/$1/received"
      mv "$zf_state/zones/$1/dataset" "$zf_state/zones/$1/receiving" || return 1
    fi
  fi
  # its dataset is the journal's next line
  if [ -f "$zf_state/zones/$1/receiving" ]; then return 0; fi
  rm -rf "$zf_state/zones/$1"
}

undo_zone_dataset() { # ZONE: what was received and is no zone; a zone's data goes only after the zone itself was taken back
  z_name=$1
  if is_configured "$z_name"; then return 1; fi
  was_receiving || return 0
  drop_received
}

undo_staged_zone() { # ZONE: of a finish script, which alone knows where it lies
  z_name=$1
  was_staging || return 0
  z_path=`sed 1q "$zf_state/zones/$z_name/staging"`
  drop_staged
}

undo_flash_zone() { # ZONE: clones of it are gone by now; its tree is the journal's next line
  case `zone_state "$1"` in
    '') ;;
    installed)
      is_ours "$1" || return 1
      zoneadm -z "$1" detach || return 1
      zonecfg -z "$1" delete -F || return 1
      ;;
    incomplete)
      is_ours "$1" || return 1
      zoneadm -z "$1" uninstall -F && zonecfg -z "$1" delete -F || return 1
      ;;
    *)
      is_ours "$1" || return 1
      zonecfg -z "$1" delete -F || return 1
      ;;
  esac
  rm -rf "$zf_state/zones/$1"
}
