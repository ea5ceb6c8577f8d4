# What the builds of one host share: the zone of an origin, which several may clone, import and attach at once.
# $zf_shared/ZONE/held/BUILD: who alone works on the zone; $zf_shared/ZONE/used/BUILD: who needs it attached. A build lives as
# long as its directory does, so one that died for good holds nothing.

open_shared() { # a build's directory is named by its golden zone
  zf_build=`basename "$zf_state"`
  zf_builds=`dirname "$zf_state"`
  zf_shared=`dirname "$zf_builds"`/shared
}

# Each writes its own name before it looks for others, so of two at once at most one finds itself alone.
hold_zone() { # ZONE SECONDS: again for who holds it already
  hold_seconds=0
  while [ -d "$zf_state" ]; do
    hold_by=`others_in "$zf_shared/$1/held"`
    if [ -z "$hold_by" ]; then
      mkdir -p "$zf_shared/$1/held/$zf_build" 2>"$zf_work/said"
      hold_by=`others_in "$zf_shared/$1/held"`
      if [ -z "$hold_by" ] && [ -d "$zf_shared/$1/held/$zf_build" ]; then return 0; fi
      rmdir "$zf_shared/$1/held/$zf_build" 2>/dev/null
    fi
    if [ "$hold_seconds" -eq 0 ]; then echo "waiting for zone $1: build $hold_by works on it"; fi
    if [ "$hold_seconds" -ge "$2" ]; then
      cat "$zf_work/said" >&2 2>/dev/null
      complain "build $hold_by works on zone $1 for more than $2 seconds"
      return 1
    fi
    sleep 1
    hold_seconds=`expr "$hold_seconds" + 1`
  done
  return 1
}

others_in() { # DIRECTORY: prints the first build named in it that lives and is not this one; takes out the dead
  for others_entry in "$1"/*; do
    [ -d "$others_entry" ] || continue
    others_build=`basename "$others_entry"`
    if [ "$others_build" = "$zf_build" ]; then continue; fi
    if [ -d "$zf_builds/$others_build" ]; then
      echo "$others_build"
      return
    fi
    rmdir "$others_entry" 2>/dev/null
  done
}

let_go_of_zone() { # ZONE
  rmdir "$zf_shared/$1/held/$zf_build" "$zf_shared/$1/held" "$zf_shared/$1" 2>/dev/null
  return 0
}

holds_zone() { # ZONE
  [ -d "$zf_shared/$1/held/$zf_build" ]
}

use_shared_zone() { # ZONE: by whoever holds it
  mkdir -p "$zf_shared/$1/used/$zf_build"
}

leave_shared_zone() { # ZONE: fails when other builds use it
  rmdir "$zf_shared/$1/used/$zf_build" || return 1
  leave_other=`others_in "$zf_shared/$1/used"`
  if [ -n "$leave_other" ]; then return 1; fi
  rmdir "$zf_shared/$1/used"
}
