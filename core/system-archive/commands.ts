// What the worker asks of a host whose system it archives; finish-scripts/archive.sh does it.
import { emptiedDirectories } from '../packaging/left-out.ts'

type Argv = readonly [string, ...string[]]

/** On the host, while its system is archived. */
export const ARCHIVE_DIRECTORY = '/var/zoneflash/archive'

/** What each zone gets to shut down by itself before it is halted. */
export const SHUT_DOWN_SECONDS = 120

/** Directories of zoneflash itself: what is true of this run or of this host only. */
const ownDirectories = [
  ARCHIVE_DIRECTORY,
  ...['restored', 'work', 'lock', 'build', 'zones', 'templates', 'events'].map(
    (name) => `/var/zoneflash/${name}`,
  ),
]

/**
 * Makes the directory with the script, which the command reads, and prints `new`; or prints who has it, `?` for one that
 * died before it said so.
 */
const TAKE_SCRIPT = `umask 077
PATH=$PATH:/usr/sbin:/usr/bin
mkdir -p /var/zoneflash || exit 1
if mkdir "$1" 2>/dev/null; then
  cat >"$1/archive.sh" && echo "$2" >"$1/owner" && echo new
else
  cat >/dev/null
  owner=\`cat "$1/owner" 2>/dev/null\`
  echo "\${owner:-?}"
fi`

/** Makes the host `owner`'s, with archive.sh as its input; prints what TAKE_SCRIPT does. */
export function takeCommand(owner: string): Argv {
  return ['/bin/sh', '-c', TAKE_SCRIPT, 'take', ARCHIVE_DIRECTORY, owner]
}

/** Prints who has the directory, nothing where nobody has. */
export const ownerCommand: Argv = [
  '/bin/sh',
  '-c',
  'if test -d "$1"; then owner=`cat "$1/owner" 2>/dev/null`; echo "${owner:-?}"; fi',
  'owner',
  ARCHIVE_DIRECTORY,
]

/** Removes a directory whose maker died before it had laid down the script: nothing was done to any zone. */
export const removeEmptyCommand: Argv = ['/bin/rm', '-rf', ARCHIVE_DIRECTORY]

/** Runs archive.sh, which takeCommand laid down. */
export function archiveCommand(command: 'keep' | 'halt' | 'detach' | 'repair', ...words: string[]): Argv {
  return ['/bin/sh', `${ARCHIVE_DIRECTORY}/archive.sh`, command, ...words]
}

/** Prints `yes` for the zonepath of a detached zone. */
export function detachedCommand(zonepath: string): Argv {
  return ['/bin/sh', '-c', 'if test -f "$1/SUNWdetached.xml"; then echo yes; fi', 'detached', zonepath]
}

/** Prints what is mounted: mnttab on Solaris, /proc on sandbox hosts. */
export const mountsCommand: Argv = ['/bin/sh', '-c', 'cat /etc/mnttab 2>/dev/null || cat /proc/self/mounts']

/** Directories of the host's root and of its zones that stay, empty, whatever is mounted there. */
export function alwaysEmptied(zones: readonly { zonepath: string; brand: string }[]): string[] {
  return [
    ...emptiedDirectories('native').map((directory) => `/${directory}`),
    ...ownDirectories,
    ...zones.flatMap(({ zonepath, brand }) => [
      // attach makes the devices anew
      `${zonepath}/dev`,
      ...emptiedDirectories(brand).map((directory) => `${zonepath}/root/${directory}`),
    ]),
  ]
}
