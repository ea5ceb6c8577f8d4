# JumpStart's begin script: writes the derived install profile, where a rule asks for one.

begin_main() {
  if [ "$SI_CLASS" != '=' ]; then return 0; fi
  if [ -z "$SI_PROFILE" ]; then
    echo 'zoneflash: the rule wants a derived profile, but SI_PROFILE is not set' >&2
    return 1
  fi
  if [ -z "$zf_install_profile" ]; then
    echo "zoneflash: the server has no install profile for host $zf_host" >&2
    return 1
  fi
  # what only this client knows
  begin_edits=s,x,x,
  for begin_word in $zf_words; do
    begin_value=
    eval "begin_value=\$$begin_word"
    case $begin_value in
      '' | *[!A-Za-z0-9_.-]*)
        echo "zoneflash: the install profile needs $begin_word, and that is '$begin_value'" >&2
        return 1
        ;;
    esac
    begin_edits="$begin_edits;s,[\$]$begin_word,$begin_value,g"
  done
  cat <<END | sed "$begin_edits" >"$SI_PROFILE" || return 1
$zf_install_profile
END
  echo "zoneflash: wrote $SI_PROFILE for host $zf_host"
}

begin_main
