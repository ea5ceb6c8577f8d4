# A zone that the finish script of JumpStart has made below /a, as long as it is no zone yet: `staging` holds its place while
# it is made, `staged` says that it lies ready, and by which plan.

is_staged() { # by this plan, and it is still there
  is_marked staged || return 1
  if has_lived; then return 1; fi
  staged_by=`cat "$zf_state/zones/$z_name/staged"`
  [ "$staged_by" = "$zf_made" ] && [ -f "$z_path/SUNWdetached.xml" ]
}

was_staging() { # a run began it, and it has never been a zone
  [ -f "$zf_state/zones/$z_name/staging" ] || return 1
  if has_lived; then return 1; fi
}

drop_staged() { # with all that is remembered of it
  staged_dataset=`dataset_at "$z_path"`
  if [ -n "$staged_dataset" ]; then zfs destroy -r "$staged_dataset" || return 1; fi
  if [ -h "$z_path" ] || [ -d "$z_path" ]; then rm -rf "$z_path" || return 1; fi
  unmake_line staged-zone "$z_name"
  rm -rf "$zf_state/zones/$z_name"
}
