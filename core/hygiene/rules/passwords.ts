// Passwords that everybody with the template would know, or could find out.
import { readPasswordField, type PasswordField } from '../password-field.ts'
import { baseName, holdsSomething, isFile, SMALL, textOf, type HygieneRule } from '../rule.ts'

/** Files of lines `name:password:…`, with what an empty password means there. */
const passwordFiles: Record<string, { of: 'account' | 'group'; emptyIsOpen: boolean }> = {
  'etc/passwd': { of: 'account', emptyIsOpen: true },
  'etc/passwd-': { of: 'account', emptyIsOpen: true },
  'etc/shadow': { of: 'account', emptyIsOpen: true },
  'etc/shadow-': { of: 'account', emptyIsOpen: true },
  'etc/oshadow': { of: 'account', emptyIsOpen: true },
  'etc/master.passwd': { of: 'account', emptyIsOpen: true },
  'etc/group': { of: 'group', emptyIsOpen: false },
  'etc/group-': { of: 'group', emptyIsOpen: false },
  'etc/gshadow': { of: 'group', emptyIsOpen: false },
  'etc/gshadow-': { of: 'group', emptyIsOpen: false },
}

const meanings: Record<Exclude<PasswordField, 'locked'>, string> = {
  hash: 'has a password hash that every clone would share',
  'locked-hash': 'is locked, but its password hash is still there',
  empty: 'has an empty password: whoever logs in is asked for none',
}

function inPasswordFile(path: string, text: string): string[] {
  const kind = passwordFiles[path]
  if (!kind) return []
  return text.split('\n').flatMap((line) => {
    const [name, field] = line.split(':')
    if (name === undefined || field === undefined || name.startsWith('#')) return []
    const meaning = readPasswordField(field)
    if (meaning === 'locked' || (meaning === 'empty' && !kind.emptyIsOpen)) return []
    return [`${kind.of} ${shownName(name)} ${meanings[meaning]}`]
  })
}

/** Old passwords: `user:uid:count:hash,hash`. */
function inOldPasswords(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [name, , , hashes] = line.split(':')
    return name && hashes ? [`account ${shownName(name)} has hashes of its earlier passwords here`] : []
  })
}

/** Answers that set a password: `root_password=…` of sysidcfg(4), `rootpw` of kickstart, `passwd/…-password` of preseed. */
function inAnswers(text: string): string[] {
  return /^\s*root_password\s*=\s*["']?[^"'\s]/im.test(text) ||
    /^\s*rootpw\s+\S/m.test(text) ||
    /\bpasswd\/\S*password\S*\s+password\s+\S/m.test(text)
    ? ['holds the password of root, or its hash']
    : []
}

const isAnswerFile = (path: string): boolean =>
  ['sysidcfg', 'anaconda-ks.cfg', 'original-ks.cfg', 'preseed.cfg'].includes(baseName(path))

const shownName = (name: string): string => JSON.stringify(name.slice(0, 64)).slice(1, -1)

export const passwordRules: readonly HygieneRule[] = [
  {
    name: 'shadow-hash',
    what: 'a password hash or an empty password in passwd, shadow, group, gshadow, opasswd, or a file of installation answers',
    why: 'whoever fetches the template can try passwords against the hash, and what is found opens every clone',
    fix: 'lock the account (`passwd -l`, `NP`, `*LK*`, `*`) without a hash behind the mark; an installation sets root’s password from its profile',
    reads: (entry) =>
      holdsSomething(entry) &&
      (entry.path in passwordFiles || entry.path === 'etc/security/opasswd' || isAnswerFile(entry.path))
        ? SMALL
        : 0,
    contents: (path, contents) => {
      const text = textOf(contents)
      if (path === 'etc/security/opasswd') return inOldPasswords(text)
      return isAnswerFile(path) ? inAnswers(text) : inPasswordFile(path, text)
    },
  },
  {
    name: 'sysidcfg',
    what: 'a sysidcfg, kickstart or preseed file that was left behind',
    why: 'it answers the next first boot with this zone’s name, address and password, before the profile can',
    fix: 'remove it after the first boot; sysidtool does so by itself when it ends well',
    entry: (entry) =>
      isFile(entry) && isAnswerFile(entry.path)
        ? 'answers of an installation that were not removed'
        : undefined,
  },
]
