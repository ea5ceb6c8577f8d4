# What every run has: its place on the disk, its lock, its steps and its end. A step's failure ends the run.

open_run() { # state, log and lock; nobody to tell yet
  open_place || return 1
  open_reports && open_fetch && choose_digest && return 0
  rm -rf "$zf_state/lock"
  return 1
}

open_place() { # zf_state, zf_log and zf_work
  case `id` in
    'uid=0('*) ;;
    *)
      echo 'zoneflash: this script makes zones: run it as root' >&2
      return 1
      ;;
  esac
  zf_awk=`first_of nawk gawk mawk awk` || return 1
  mkdir -p "$zf_state/templates" "$zf_state/zones" && chmod 700 "$zf_state" || return 1
  (umask 077 && cat /dev/null >>"$zf_log") && chmod 600 "$zf_log" || return 1
  take_lock || return 1
  rm -rf "$zf_work"
  (umask 077 && mkdir "$zf_work") && return 0
  rm -rf "$zf_state/lock"
  return 1
}

take_lock() { # a directory, since making one either works or not; a dead owner's is moved aside, which only one can do
  if mkdir "$zf_state/lock" 2>/dev/null; then
    own_lock
    return 0
  fi
  lock_pid=`cat "$zf_state/lock/pid" 2>/dev/null`
  if [ -z "$lock_pid" ]; then
    # its owner may be about to write
    sleep 1
    lock_pid=`cat "$zf_state/lock/pid" 2>/dev/null`
  fi
  if [ -n "$lock_pid" ] && lock_is_of_this_boot && kill -0 "$lock_pid" 2>/dev/null; then
    echo "zoneflash: process $lock_pid is at work here already; its lock is $zf_state/lock" >&2
    return 1
  fi
  if mv "$zf_state/lock" "$zf_state/lock.$$" 2>/dev/null; then
    lock_moved=`cat "$zf_state/lock.$$/pid" 2>/dev/null`
    if [ "$lock_moved" != "$lock_pid" ]; then
      # another run had moved the dead one and made its own, which this is
      mv "$zf_state/lock.$$" "$zf_state/lock"
      echo "zoneflash: process $lock_moved took the lock $zf_state/lock just now" >&2
      return 1
    fi
    rm -rf "$zf_state/lock.$$"
  fi
  if mkdir "$zf_state/lock" 2>/dev/null; then
    own_lock
    return 0
  fi
  echo "zoneflash: another run took the lock $zf_state/lock just now" >&2
  return 1
}

own_lock() {
  boot_mark >"$zf_state/lock/boot"
  echo "$zf_phase" >"$zf_state/lock/phase"
  echo $$ >"$zf_state/lock/pid"
}

boot_mark() { # prints what differs from boot to boot, or nothing where nobody knows
  cat /proc/sys/kernel/random/boot_id 2>/dev/null || who -b 2>/dev/null
}

lock_is_of_this_boot() { # the number of a process from before the last boot is somebody else's by now
  # an installer may not know its boots, but none outlives them
  lock_phase=`cat "$zf_state/lock/phase" 2>/dev/null`
  if [ "$lock_phase" = install ] && [ "$zf_phase" != install ]; then return 1; fi
  lock_boot=`cat "$zf_state/lock/boot" 2>/dev/null`
  lock_boot_now=`boot_mark`
  [ -z "$lock_boot" ] || [ -z "$lock_boot_now" ] || [ "$lock_boot" = "$lock_boot_now" ]
}

leave() { # STATUS
  if [ -n "$zf_closing" ]; then "$zf_closing"; fi
  rm -rf "$zf_work" "$zf_state/lock"
  exit "$1"
}

# Runs FUNCTION in a shell of its own, keeps its output, reports how it ended. A failure ends the run.
step() { # NAME ZONE FUNCTION
  step_name=$1
  step_zone=$2
  report "$1" "$2" started
  ("$3") >"$zf_work/output" 2>&1
  step_status=$?
  cat "$zf_work/output" >>"$zf_log"
  case $step_status in
    0) report "$1" "$2" 'done' "$zf_work/output" ;;
    "$nothing_to_do") report "$1" "$2" skipped "$zf_work/output" ;;
    *)
      [ -n "$zf_quiet" ] || cat "$zf_work/output" >&2
      report "$1" "$2" failed "$zf_work/output"
      give_up "$zf_work/output"
      ;;
  esac
}

interrupted() { # a signal; the command that ran has ended by now
  trap '' 1 2 13 15
  zf_quiet=yes
  echo 'the run was interrupted by a signal' >"$zf_work/output"
  report "${step_name:-install}" "$step_zone" failed "$zf_work/output"
  # a host that is shut down during its first boots goes on where it was at the next one
  if [ "$zf_phase" = first-boot ]; then leave 1; fi
  give_up "$zf_work/output"
}

give_up() { # FILE: why. Takes back what did not come to a first boot
  trap '' 1 2 13 15
  cp "$1" "$zf_work/reason"
  report rollback '' started
  (roll_back) >"$zf_work/output" 2>&1
  give_up_status=$?
  cat "$zf_work/output" >>"$zf_log"
  case $give_up_status in
    0) report rollback '' 'done' "$zf_work/output" ;;
    "$nothing_to_do") report rollback '' skipped ;;
    *) report rollback '' failed "$zf_work/output" ;;
  esac
  report install '' failed "$zf_work/reason"
  send_last_events
  leave 1
}
