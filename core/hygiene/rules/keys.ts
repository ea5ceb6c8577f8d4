// Secrets by which one machine or person is known.
import { baseName, holdsSomething, isFile, textOf, type HygieneRule } from '../rule.ts'

/** Keys are small; what is larger is something else. */
const KEY_BYTES = 64 * 1024

const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|^PuTTY-User-Key-File-/m

/** Where people keep keys: homes (root's is `/` on Solaris 10) and `.ssh` anywhere. */
const isPersonal = (path: string): boolean =>
  /^(root|home|export\/home)\//.test(path) || /(^|\/)\.ssh\//.test(path)

export const keyRules: readonly HygieneRule[] = [
  {
    name: 'ssh-host-key',
    what: 'host keys of OpenSSH, SunSSH and dropbear',
    why: 'every clone would prove to be the same host, and whoever has the template can pose as any of them',
    fix: 'remove ssh_host_*; they are made anew for each clone',
    entry: ({ path, type }) =>
      type !== 'directory' &&
      (/^ssh_host_.*key(\.pub)?$/.test(baseName(path)) ||
        /(^|\/)dropbear_[a-z0-9]+_host_key$/.test(path) ||
        path === 'etc/ssh_random_seed')
        ? 'a host key that every clone would share'
        : undefined,
  },
  {
    name: 'private-key',
    what: 'private keys (PEM, OpenSSH, PuTTY) in home directories and .ssh',
    why: 'a person’s or a build’s key opens other machines, and a template is copied to many',
    fix: 'remove the key; give clones their own at installation',
    reads: (entry) =>
      isPersonal(entry.path) && holdsSomething(entry) && entry.size <= KEY_BYTES ? KEY_BYTES : 0,
    contents: (_path, contents) => (PRIVATE_KEY.test(textOf(contents)) ? ['holds a private key'] : []),
  },
  {
    name: 'authorized-keys',
    what: 'authorized_keys of any account',
    why: 'whoever holds one of these keys could log in to every clone',
    fix: 'remove the file; a profile or finish script gives hosts the keys they need',
    entry: (entry) =>
      holdsSomething(entry) &&
      (/^authorized_keys2?$/.test(baseName(entry.path)) || entry.path.startsWith('etc/ssh/authorized_keys/'))
        ? 'lets the holders of its keys into every clone'
        : undefined,
  },
  {
    name: 'keytab',
    what: 'Kerberos keytabs',
    why: 'it is the password of one host principal',
    fix: 'remove it; each clone gets its own with kadmin or kclient',
    entry: (entry) =>
      isFile(entry) && entry.path.endsWith('.keytab') ? 'Kerberos keys of one host' : undefined,
  },
  {
    name: 'random-seed',
    what: 'saved seeds of the random generator',
    why: 'clones that start from one seed make keys that resemble each other',
    fix: 'remove it; it is written at the next shutdown',
    entry: (entry) =>
      holdsSomething(entry) &&
      (/^var\/lib\/(systemd\/|urandom\/|misc\/)?random-seed$/.test(entry.path) ||
        entry.path === 'var/lib/systemd/credential.secret')
        ? 'a seed that every clone would start from'
        : undefined,
  },
]
