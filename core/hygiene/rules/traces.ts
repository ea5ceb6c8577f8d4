// What building and trying a zone leaves behind.
import { baseName, holdsSomething, type HygieneRule } from '../rule.ts'

/** finish-scripts/scrub.sh removes the same from homes. */
export const histories: readonly string[] = (
  '.bash_history .sh_history .ksh_history .zsh_history .ash_history .history .mysql_history .mariadb_history ' +
  '.psql_history .sqlite_history .rediscli_history .python_history .node_repl_history .irb_history .lesshst .viminfo .nano_history'
).split(' ')

/** finish-scripts/identity.sh empties the same. */
const isLog = (path: string): boolean =>
  /^var\/(log|svc\/log)\/./.test(path) ||
  /^var\/cron\/(log|olog)/.test(path) ||
  /^var\/adm\/(messages|wtmp|utmp|lastlog|sulog|loginlog|aculog|pacct|vold\.log|log\/|sa\/|exacct\/)/.test(
    path,
  )

/** ELF of type ET_CORE (4), in either byte order. */
function isCore(bytes: Uint8Array): boolean {
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  if (!isElf || bytes.byteLength < 18) return false
  const [low, high] = bytes[5] === 2 ? [bytes[17], bytes[16]] : [bytes[16], bytes[17]]
  return low === 4 && high === 0
}

export const traceRules: readonly HygieneRule[] = [
  {
    name: 'shell-history',
    what: 'histories of shells, database clients, editors and pagers',
    why: 'commands typed while building hold passwords and names of other machines',
    fix: 'remove it; build with `HISTFILE` unset',
    entry: (entry) =>
      holdsSomething(entry) && histories.includes(baseName(entry.path))
        ? 'what somebody typed while the zone was made'
        : undefined,
  },
  {
    name: 'logs',
    what: 'logs that are not empty: var/log, var/adm, var/svc/log, var/cron, the journal',
    why: 'they tell of the zone that was built as if it were the clone',
    fix: 'empty the files that services expect, remove the others',
    entry: (entry) =>
      holdsSomething(entry) && isLog(entry.path)
        ? `a log of the zone that was built${entry.type === 'file' ? `, ${entry.size} bytes` : ''}`
        : undefined,
  },
  {
    name: 'provisioning',
    what: 'what zoneflash remembers of the host that was archived',
    why: 'another host would take its zones for made, and finish nothing',
    fix: 'installing a system removes it; in a template of a zone it does not belong',
    // configurations of the zones that a whole host was archived with belong to the archive
    entry: ({ path, type }) =>
      type !== 'directory' && /^var\/zoneflash\/(?!captured\/)/.test(path)
        ? 'what was done to the host that was archived'
        : undefined,
  },
  {
    name: 'core-dump',
    what: 'core files and crash dumps',
    why: 'the memory of a process holds its secrets, and it is large',
    fix: 'remove it, and look why the process died',
    entry: (entry) =>
      holdsSomething(entry) && /^var\/(crash|core|cores)\/./.test(entry.path)
        ? 'a dump of a crash'
        : undefined,
    reads: (entry) => (holdsSomething(entry) && /^core(\.[^/]*)?$/.test(baseName(entry.path)) ? 64 : 0),
    contents: (_path, contents) => (isCore(contents) ? ['the memory of a process that died'] : []),
  },
  {
    name: 'tmp-content',
    what: 'anything below tmp and var/tmp but directories',
    why: 'it was left by the build, and nobody will clean it up in the clones',
    fix: 'remove what customising put there',
    entry: ({ path, type }) =>
      type !== 'directory' && /^(var\/)?tmp\/./.test(path)
        ? 'left in a directory for temporary files'
        : undefined,
  },
  {
    name: 'package-cache',
    what: 'packages that were fetched to be installed: apt, yum, dnf, pkg, pkgadd',
    why: 'they make every copy larger and nobody uses them again',
    fix: 'run `apt-get clean`, `yum clean packages`, or empty the spool',
    entry: (entry) =>
      holdsSomething(entry) &&
      (/^var\/cache\/apt\/archives\/.*\.deb$/.test(entry.path) ||
        /^var\/cache\/(yum|dnf|apk)\/.*\.(rpm|apk)$/.test(entry.path) ||
        /^var\/pkg\/(download|cache)\/./.test(entry.path) ||
        /^var\/spool\/pkg\/./.test(entry.path))
        ? `a package that was fetched${entry.type === 'file' ? `, ${entry.size} bytes` : ''}`
        : undefined,
  },
]
