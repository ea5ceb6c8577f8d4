# HTTP by curl or wget, whichever the host has. Token and addresses go through files: arguments show in ps.

open_fetch() { # prepares both requests
  zf_client=`first_of curl wget` || {
    complain 'this host has neither curl nor wget'
    return 1
  }
  if [ "$zf_client" = curl ]; then
    cat >"$zf_work/post" <<END
url = "$zf_url/js/$zf_host/$zf_token/events"
header = "Content-Type: application/json"
fail
silent
show-error
connect-timeout = 5
max-time = 10
output = "/dev/null"
END
  else
    echo "$zf_url/js/$zf_host/$zf_token/events" >"$zf_work/post"
    echo "header = Authorization: Bearer $zf_token" >"$zf_work/wgetrc"
  fi
}

post_event() { # FILE
  if [ "$zf_client" = curl ]; then
    curl -q -K "$zf_work/post" --data-binary "@$1"
  else
    wget -q -O /dev/null --tries=1 --timeout=10 --header='Content-Type: application/json' \
      --post-file="$1" -i "$zf_work/post"
  fi
}

fetch() { # PATH on the server: its bytes on standard output
  if [ "$zf_client" = curl ]; then
    fetch_by_curl "$1"
  else
    echo "$zf_url$1" >"$zf_work/get"
    WGETRC=$zf_work/wgetrc wget -q -O - --tries=4 --waitretry=2 --retry-connrefused --timeout=120 -i "$zf_work/get"
  fi
}

# A transfer that breaks off, or does not begin because the server restarts, goes on from the byte it reached: what came has
# been passed on already. The server's answer is immutable, and the digest is taken of all of it.
fetch_by_curl() { # PATH
  fetch_from=0
  for fetch_pause in 1 2 4 0; do
    write_curl_request "$1"
    rm -f "$zf_work/passing"
    mkfifo "$zf_work/passing" || return 1
    wc -c <"$zf_work/passing" >"$zf_work/passed" &
    fetch_counter=$!
    {
      curl -q -K "$zf_work/get"
      echo $? >"$zf_work/status.curl"
    } | tee "$zf_work/passing"
    wait "$fetch_counter"
    fetch_status=`cat "$zf_work/status.curl"`
    if [ "$fetch_status" = 0 ]; then return 0; fi
    fetch_passed=`tr -cd 0-9 <"$zf_work/passed"`
    export fetch_from fetch_passed
    # expr and test of Solaris 10 end at 2 GiB
    fetch_from=`new_awk 'BEGIN { printf "%.0f", ENVIRON["fetch_from"] + ENVIRON["fetch_passed"] }' </dev/null`
    if is_refused || [ "$fetch_pause" = 0 ]; then return "$fetch_status"; fi
    sleep "$fetch_pause"
  done
}

is_refused() { # whether the server said 4xx: it will say so again
  [ "$fetch_status" = 22 ] || return 1
  fetch_answer=`sed -n 's,^HTTP/[0-9.]* *\([0-9]*\).*,\1,p' "$zf_work/head" | tail -1`
  case $fetch_answer in
    5*) return 1 ;;
  esac
}

write_curl_request() { # PATH
  cat >"$zf_work/get" <<END
url = "$zf_url$1"
header = "Authorization: Bearer $zf_token"
fail
silent
show-error
connect-timeout = 30
speed-limit = 1
speed-time = 120
dump-header = "$zf_work/head"
END
  cat /dev/null >"$zf_work/head"
  if [ "$fetch_from" != 0 ]; then echo "range = \"$fetch_from-\"" >>"$zf_work/get"; fi
}

sha256() { # standard input's sha256 in hex
  case $zf_digest in
    digest) digest -a sha256 ;;
    sha256sum) sha256sum | cut -d' ' -f1 ;;
    *) openssl dgst -sha256 | sed 's/^.*[ =]//' ;;
  esac
}

choose_digest() { # Solaris has digest(1), Linux sha256sum; openssl is nearly everywhere
  zf_digest=`first_of digest sha256sum openssl` || {
    complain 'this host has none of digest, sha256sum and openssl'
    return 1
  }
}
