# From the server's bytes to a tree or dataset: one pass, no temporary copy, and nothing gets its name before the digest is right.

decompress() { # by s_compression
  case $s_compression in
    none) cat ;;
    gzip) gzip -dc ;;
    bzip2) bzip2 -dc ;;
    xz) xz -dc ;;
    zstd) zstd -dcq ;;
  esac
}

decompressor() { # prints the command that decompress needs
  case $s_compression in
    none) echo cat ;;
    *) echo "$s_compression" ;;
  esac
}

untar() { # DIRECTORY: GNU tar is told to take owners by number; others do so for archives without owner names
  cd "$1" || return 1
  untar_command=`first_of gtar tar` || return 1
  if "$untar_command" --version 2>/dev/null | grep GNU >/dev/null; then
    "$untar_command" --numeric-owner -xpf -
  else
    "$untar_command" xpf -
  fi
}

uncpio() { # DIRECTORY
  cd "$1" || return 1
  if cpio --version 2>/dev/null | grep GNU >/dev/null; then
    cpio -idmu --quiet --no-absolute-filenames
  else
    cpio -icdmu
  fi
}

# A stream with properties brings what suits the host it was made on: a mount point, shares, `zoned`, a quota. Not every ZFS has
# each of them. While it is `zoned` this host may not mount it, so that goes first.
receive() { # DATASET
  receive_unmounted "$1" || return 1
  for receive_property in zoned mountpoint readonly sharenfs sharesmb; do
    zfs inherit "$receive_property" "$1" 2>/dev/null
  done
  # nothing to inherit
  for receive_setting in 'canmount=on' 'quota=none' 'refquota=none' 'reservation=none' 'refreservation=none'; do
    zfs set "$receive_setting" "$1" 2>/dev/null
  done
  return 0
}

# Receive would mount it where the stream says: on /.ssh for all we know. Only the oldest ZFS cannot leave it unmounted; asked
# without a dataset, receive reads nothing.
receive_unmounted() { # DATASET
  receive_says=`zfs receive -u 2>&1 </dev/null`
  case $receive_says in
    *'invalid option'*) zfs receive "$1" ;;
    *) zfs receive -u "$1" ;;
  esac
}

stage_failed() { # STAGE
  stage_status=`cat "$zf_work/status.$1"`
  [ "$stage_status" != 0 ]
}

# Runs COMMAND on the template's decompressed bytes while a second reader takes their digest. Every stage drains what is
# left, so that the digest is of all bytes, and leaves its status in a file: this shell sees only the last of a pipe.
stream_template() { # COMMAND ARGUMENT
  rm -f "$zf_work/stream" "$zf_work"/status.*
  mkfifo "$zf_work/stream" || return 1
  sha256 <"$zf_work/stream" >"$zf_work/digest" &
  stream_digest=$!
  {
    fetch "$s_url_path"
    echo $? >"$zf_work/status.fetch"
  } | tee "$zf_work/stream" | {
    decompress
    echo $? >"$zf_work/status.decompress"
    cat >/dev/null
  } | {
    ("$1" "$2")
    echo $? >"$zf_work/status.unpack"
    cat >/dev/null
  }
  wait "$stream_digest"
  stream_got=`cat "$zf_work/digest"`
  if stage_failed fetch; then
    complain "$t_name: the transfer of $s_url_path broke off"
    return 1
  fi
  if [ "$stream_got" != "$s_sha256" ]; then
    complain "$t_name: the bytes of $s_url_path have sha256 $stream_got, expected $s_sha256"
    return 1
  fi
  for stream_stage in decompress unpack; do
    if stage_failed "$stream_stage"; then
      complain "$t_name: could not $stream_stage $s_url_path"
      return 1
    fi
  done
}
