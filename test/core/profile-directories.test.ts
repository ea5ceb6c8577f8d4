import { expect, test } from 'vitest'
import { Profile } from '#core/profile.ts'

const base = { name: 'db', sysid: { rootPassword: '$5$rounds=80000$abcdefgh$0123456789', timezone: 'MET' } }
const zone = (name: string, zonepath?: string) => ({ name, template: 'mysql', ...(zonepath && { zonepath }) })
const issues = (profile: object) =>
  Profile.safeParse({ ...base, zones: [zone('a')], ...profile }).error?.issues.map(({ path }) =>
    path.join('.'),
  ) ?? []

test.each<[string, string, object]>([
  ['templates in a directory of the system', 'flashRoot', { flashRoot: '/usr' }],
  ['templates below a directory of the system', 'flashRoot', { flashRoot: '/etc/zones' }],
  ['zones in /var itself', 'zonesRoot', { zonesRoot: '/var' }],
  ['a zone in /export itself', 'zones.0.zonepath', { zones: [zone('a', '/export')] }],
  ['a zone in a directory of the system', 'zones.0.zonepath', { zones: [zone('a', '/dev/a')] }],
  ['zones among the templates', 'zonesRoot', { flashRoot: '/pool', zonesRoot: '/pool/zones' }],
  ['a zone among the templates', 'zones.0.zonepath', { zones: [zone('a', '/zoneflash/mysql')] }],
  ['a zone that holds the templates', 'zones.0.zonepath', { flashRoot: '/zones/a/flash' }],
  ['two zones in one directory', 'zones.1.zonepath', { zones: [zone('a', '/z/x'), zone('b', '/z/x')] }],
  ['a zone in another', 'zones.1.zonepath', { zones: [zone('a'), zone('b', '/zones/a/b')] }],
  ['a zone around another', 'zones.1.zonepath', { zones: [zone('a'), zone('b', '/zones')] }],
  ['two zones of one name', 'zones.1.name', { zones: [zone('a'), zone('a', '/z/b')] }],
])('%s: refused at %s', (_what, path, profile) => expect(issues(profile)).toContain(path))

test.each<[string, object]>([
  ['the usual', {}],
  ['zones beside templates in one place', { flashRoot: '/pool/flash', zonesRoot: '/pool' }],
  ['names that begin alike', { zones: [zone('a'), zone('ab'), zone('c', '/zoneflash2/c')] }],
  ['zones below /export and /var', { zonesRoot: '/export/zones', flashRoot: '/var/zoneflash' }],
])('%s is taken', (_what, profile) => expect(issues(profile)).toEqual([]))
