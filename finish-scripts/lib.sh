# Small words that all other files use. Plain Bourne shell: see README.md in this folder.

# What a step returns when it looked and found nothing left to do.
nothing_to_do=80

find_programs() { # PATH as scripts of a bare system need it
  PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin:/usr/sfw/bin:/opt/ooce/bin:/opt/csw/bin:/usr/gnu/bin
  LC_ALL=C
  export PATH LC_ALL
  umask 022
}

open_alone() { # STATE: for a script that is no run of a plan. Says nothing by itself; its private directory goes when a signal ends it
  find_programs
  zf_state=$1
  zf_work=$zf_state/work.$$
  zf_log=/dev/null
  zf_quiet=yes
  zf_awk=`first_of nawk gawk mawk awk` || return 1
  mkdir -p "$zf_state" && (umask 077 && mkdir -p "$zf_work") || return 1
  trap 'rm -rf "$zf_work"; exit 1' 1 2 13 15
}

say() { # TEXT: to the log, and to whoever watches
  echo "$1" >>"$zf_log"
  [ -n "$zf_quiet" ] || echo "zoneflash: $1"
}

complain() { # TEXT: as the last output of a step that is about to fail
  echo "$1" >&2
}

have() { # COMMAND: whether PATH leads to it
  have_ifs=$IFS
  IFS=:
  for have_dir in $PATH; do
    if [ -f "$have_dir/$1" ] && [ -x "$have_dir/$1" ]; then
      IFS=$have_ifs
      return 0
    fi
  done
  IFS=$have_ifs
  return 1
}

first_of() { # COMMAND...: prints the first one that this host has
  for first_candidate in "$@"; do
    if have "$first_candidate"; then
      echo "$first_candidate"
      return 0
    fi
  done
  return 1
}

# Solaris' own awk is older than the language; nawk and the others are alike.
new_awk() {
  "$zf_awk" "$@"
}

seconds() { # prints seconds since the epoch, or nothing where no command knows (date +%s is newer than Solaris 10)
  seconds_now=`date +%s 2>/dev/null`
  case $seconds_now in
    '' | *[!0-9]*)
      if have perl; then perl -e 'print time, "\n"'; fi
      ;;
    *) echo "$seconds_now" ;;
  esac
}

# The Bourne shell forgets how a background job ended that it has seen ending before `wait` asks: `wait` is for waiting alone, and
# a program that may have to be ended says its number itself.
numbered() { # FILE COMMAND...: a program; FILE holds its process number while it runs
  # shellcheck disable=SC2016 # of the inner shell
  sh -c 'echo $$ >"$0" && exec "$@"' "$@"
  numbered_status=$?
  rm -f "$1"
  return "$numbered_status"
}

# A step's journal of what it made and has not finished. Rollback walks it backwards.
will_make() { # KIND NAME: before making it
  unmake_line "$1" "$2"
  echo "$1 $2" >>"$zf_state/undo"
}

unmake_line() { # KIND NAME: it stays, or it is gone
  [ -f "$zf_state/undo" ] || return 0
  unmake_kind=$1
  unmake_name=$2
  export unmake_kind unmake_name
  new_awk '$0 != ENVIRON["unmake_kind"] " " ENVIRON["unmake_name"]' "$zf_state/undo" >"$zf_work/undo"
  mv "$zf_work/undo" "$zf_state/undo"
}
