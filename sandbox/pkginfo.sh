#!/bin/sh
# pkginfo: the packages in /var/sadm/pkg of this host, or below another root with -R. Forms: list, -l long, -q quiet, -x.
usage() {
  echo 'usage: pkginfo [-q|-x|-l] [-R rootpath] [pkginst ...]' >&2
  exit 1
}
form=list root=''
while getopts qxlR: option; do
  case $option in
  q) form=quiet ;;
  x) form=extracted ;;
  l) form=long ;;
  R) root=$OPTARG ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
packages=$root/var/sadm/pkg
if [ $# -eq 0 ]; then
  for directory in "$packages"/*/; do
    [ ! -f "$directory/pkginfo" ] || set -- "$@" "$(basename "$directory")"
  done
fi

value() { # value FILE KEY
  sed -n "s/^$2=//p" "$1" | head -1
}
status=0
for package in "$@"; do
  file=$packages/$package/pkginfo
  if [ ! -f "$file" ]; then
    [ "$form" = quiet ] || echo "ERROR: information for \"$package\" was not found" >&2
    status=1
    continue
  fi
  category=$(value "$file" CATEGORY)
  case $form in
  quiet) ;;
  list) printf '%-11s %-28s %s\n' "${category%%,*}" "$package" "$(value "$file" NAME)" ;;
  extracted)
    printf '%-28s  %s\n' "$package" "$(value "$file" NAME)"
    printf '%-28s  (%s) %s\n' '' "$(value "$file" ARCH)" "$(value "$file" VERSION)"
    ;;
  long)
    printf '%11s:  %s\n' PKGINST "$package" NAME "$(value "$file" NAME)" CATEGORY "$category" ARCH "$(value "$file" ARCH)" \
      VERSION "$(value "$file" VERSION)" BASEDIR "$(value "$file" BASEDIR)" VENDOR "$(value "$file" VENDOR)" \
      STATUS 'completely installed'
    echo
    ;;
  esac
done
exit $status
