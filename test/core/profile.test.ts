import { expect, test } from 'vitest'
import { maskProfile } from '#core/mask-profile.ts'
import { Profile } from '#core/profile.ts'

const HASH = '$5$rounds=80000$abcdefgh$0123456789'
const profile = (zoneSysid: object) =>
  Profile.parse({
    name: 'db',
    sysid: { rootPassword: HASH, timezone: 'MET' },
    zones: [{ name: 'mysql01', template: 'mysql', sysid: zoneSysid }],
  })

test('settings of a zone that are not said stay absent, so that the profile decides them', () => {
  expect(profile({ terminal: 'xterm' }).zones[0]?.sysid).toEqual({ terminal: 'xterm' })
})

test('a masked profile shows no root password, neither its own nor a zone’s', () => {
  const masked = maskProfile(profile({ rootPassword: `${HASH}zone` }))
  expect(JSON.stringify(masked)).not.toContain(HASH)
  expect(masked.sysid.timezone).toBe('MET')
})

test('a masked profile does not say that a zone has a password of its own when it has none', () => {
  expect(maskProfile(profile({ terminal: 'xterm' })).zones[0]?.sysid).toEqual({ terminal: 'xterm' })
})

test('a masked profile cannot be stored again by mistake', () => {
  expect(Profile.safeParse(maskProfile(profile({}))).success).toBe(false)
})

test('the password of an LDAP proxy is masked', () => {
  const nameService = {
    kind: 'LDAP',
    domainName: 'example.org',
    profile: 'default',
    profileServer: '192.0.2.1',
    proxyPassword: 'opensesame',
  }
  expect(JSON.stringify(maskProfile(profile({ nameService })))).not.toContain('opensesame')
})

test.each([
  '/zone flash',
  '/z;delete -F',
  '/zones/',
  '//zones',
  '/',
  '/zones/./a',
  '/zones/../a',
  '/z\\a',
  'zones',
])(
  'a directory on the host cannot be %j: zonecfg would read it otherwise, or zfs spell it otherwise',
  (directory) => {
    const zones = [{ name: 'mysql01', template: 'mysql' }]
    const base = { name: 'db', sysid: { rootPassword: HASH }, zones }
    for (const wrong of [
      { ...base, flashRoot: directory },
      { ...base, zonesRoot: directory },
      { ...base, zones: [{ ...zones[0], zonepath: directory }] },
    ])
      expect(Profile.safeParse(wrong).success).toBe(false)
    expect(Profile.safeParse({ ...base, flashRoot: '/export/zone.flash_1-a' }).success).toBe(true)
  },
)

test('a smoke check has no NUL: neither a shell nor a database can hold it', () => {
  const withCheck = (check: object) =>
    Profile.safeParse({
      name: 'db',
      sysid: { rootPassword: HASH },
      zones: [{ name: 'mysql01', template: 'mysql', smoke: [{ name: 'up', command: 'true', ...check }] }],
    }).success
  expect(withCheck({ command: 'true\nfalse' })).toBe(true)
  expect(withCheck({ command: 'true \0' })).toBe(false)
  expect(withCheck({ name: '\0' })).toBe(false)
})
