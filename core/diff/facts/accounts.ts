// Users and groups: everything of them but their passwords, of which only the state is told.
import { readPasswordField, type PasswordField } from '../../hygiene/password-field.ts'
import type { FactSource, Facts } from '../facts.ts'

const utf8 = new TextDecoder()
const TABLE_BYTES = 4 * 1024 * 1024

const states: Record<PasswordField, string> = {
  hash: 'has a password',
  'locked-hash': 'locked, with a password',
  empty: 'no password asked',
  locked: 'locked',
}

/** passwd and shadow come in any order: each adds its half. */
class Accounts {
  readonly #users = new WeakMap<Facts, Map<string, { identity?: string; password?: string }>>()

  take(facts: Facts, name: string, half: { identity?: string; password?: string }): void {
    const users = this.#users.get(facts) ?? new Map<string, { identity?: string; password?: string }>()
    this.#users.set(facts, users)
    const user = { ...users.get(name), ...half }
    users.set(name, user)
    const state = user.password === undefined ? [] : [states[readPasswordField(user.password)]]
    const text = [...(user.identity === undefined ? [] : [user.identity]), ...state].join(', ')
    facts.set('user', name, { text, ...(user.password !== undefined && { secret: user.password }) })
  }
}

function* fieldsOf(contents: Uint8Array): Generator<string[]> {
  for (const line of utf8.decode(contents).split('\n'))
    if (line.includes(':') && !line.startsWith('#')) yield line.split(':')
}

const accounts = new Accounts()

export const accountTables: FactSource = {
  reads: ({ path }) => (['etc/passwd', 'etc/shadow', 'etc/group'].includes(path) ? TABLE_BYTES : 0),
  contents(path, contents, facts) {
    for (const [name = '', password = '', ...rest] of fieldsOf(contents)) {
      if (path === 'etc/shadow') accounts.take(facts, name, { password })
      else if (path === 'etc/passwd') accounts.take(facts, name, { identity: identityOf(rest) })
      else facts.set('group', name, { text: groupOf(rest) })
    }
  },
}

function identityOf([uid = '', gid = '', , home = '', shell = '']: string[]): string {
  return `uid ${uid}, gid ${gid}, home ${home || '/'}${shell === '' ? '' : `, ${shell}`}`
}

function groupOf([gid = '', members = '']: string[]): string {
  const named = members.split(',').filter(Boolean).toSorted()
  return `gid ${gid}${named.length === 0 ? '' : `, members ${named.join(' ')}`}`
}
