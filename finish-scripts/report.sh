# Tells the server what happens. It may be deaf: events wait in a spool, and the install goes on.

open_reports() { # makes the spool; events of another plan are of no interest any more
  mkdir -p "$zf_state/events" || return 1
  events_plan=`cat "$zf_state/events/plan" 2>/dev/null`
  if [ "$events_plan" != "$zf_made" ]; then
    rm -f "$zf_state"/events/*.json
    echo "$zf_made" >"$zf_state/events/plan"
  fi
  zf_run=`date -u +%Y%m%dT%H%M%S`-$$
  zf_seq=0
  zf_deaf=0
}

report() { # STEP ZONE STATE [FILE]: the file's last lines become the message
  zf_seq=`expr "$zf_seq" + 1`
  report_number=`expr 100000 + "$zf_seq"`
  report_at=`seconds`
  report_message=
  if [ -n "$4" ] && [ -s "$4" ]; then report_message=`last_lines "$4"`; fi
  {
    echo "{\"id\":\"$zf_run-$report_number\",\"step\":\"$1\",\"state\":\"$3\""
    if [ -n "$2" ]; then echo ",\"zone\":\"$2\""; fi
    if [ -n "$report_at" ]; then echo ",\"at\":$report_at"; fi
    if [ -n "$report_message" ]; then
      # no echo: Solaris' own would read the backslashes
      cat <<END
,"message":"$report_message"
END
    fi
    echo '}'
  } >"$zf_work/event"
  mv "$zf_work/event" "$zf_state/events/$zf_run-$report_number.json"
  if [ -n "$2" ]; then say "$2: $1 $3"; else say "$1 $3"; fi
  send_events
}

last_lines() { # FILE: its last lines as the inside of a JSON string, at most 20 lines of 300 characters
  tail -20 "$1" | tr -c '[\040-\176]\012' '[?*]' | cut -c1-300 |
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' |
    new_awk 'NR > 1 { printf "%s", "\\n" } { printf "%s", $0 }'
}

send_events() { # what waits, oldest first; after a failure the next few reports do not even try
  if [ "$zf_deaf" -gt 0 ]; then
    zf_deaf=`expr "$zf_deaf" - 1`
    return 0
  fi
  for send_file in "$zf_state"/events/*.json; do
    [ -f "$send_file" ] || continue
    if post_event "$send_file" >>"$zf_log" 2>&1; then
      rm -f "$send_file"
    else
      zf_deaf=4
      return 0
    fi
  done
}

send_last_events() { # at the end: a server that restarts just now is given a moment
  for send_try in 1 2 3; do
    zf_deaf=0
    send_events
    [ "$zf_deaf" -eq 0 ] && return 0
    [ "$send_try" -eq 3 ] || sleep 2
  done
  say 'the server does not take the last reports; they stay in the spool for the next run'
}
