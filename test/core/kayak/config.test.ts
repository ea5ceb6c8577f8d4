import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import { renderKayakConfig } from '#core/kayak/config.ts'
import { planKayak } from '#core/plan/plan-kayak.ts'
import { Profile } from '#core/profile.ts'

const h1 = Host.parse({ name: 'h1' })
const profileOf = (kayak: object, sysid: object = {}, system: object = {}, host = h1) => {
  const profile = Profile.parse({
    name: 'omni',
    sysid: { rootPassword: '$5$salt$hashofthepassword', ...sysid },
    system: { template: 'omni@stable', ...system },
    kayak,
  })
  const planned = planKayak(profile, host)
  if (!planned) throw new Error('no kayak')
  return planned
}
const documents = 'http://192.0.2.10:7070/js/h1/zi_0123456789abcdefghijklmnopqrstuv'

const h2 = Host.parse({
  name: 'h2',
  interfaces: [
    { name: 'ixgbe0', address: '192.0.2.31/24', defaultRoute: '192.0.2.1', ipv6: true },
    { name: 'ixgbe1' },
  ],
})

test.each([
  ['plain', 'h1', profileOf({ disks: ['c1t0d0'] }), false],
  [
    'full',
    'h2',
    profileOf(
      {
        disks: ['>100000,~SAMSUNG', "~it's$(id)"],
        lang: 'de_DE.UTF-8',
        keyboardLayout: 'German',
        compression: false,
        reboot: false,
      },
      {
        timezone: 'Europe/Berlin',
        nameService: {
          kind: 'DNS',
          domainName: 'example.com',
          nameServers: ['192.0.2.2', '192.0.2.3'],
          search: ['example.com', 'lab.example.com'],
        },
      },
      { pool: 'tank' },
      h2,
    ),
    true,
  ],
] as const)('the %s configuration', async (golden, host, planned, hasZones) => {
  const text = renderKayakConfig({ host, planned, documents, hasZones })
  await expect(text).toMatchFileSnapshot(`../../fixtures/golden/boot/kayak-config-${golden}.txt`)
})

test('a plan keeps no password of a name service that kayak does not set up', () => {
  const service = { kind: 'LDAP', domainName: 'example.com', profile: 'default', profileServer: '192.0.2.4' }
  const planned = profileOf(
    { disks: ['c1t0d0'] },
    { nameService: { ...service, proxyDn: 'cn=proxy', proxyPassword: 'secret' } },
  )
  expect(planned.nameService).toEqual({ ...service, proxyDn: 'cn=proxy' })
  const text = renderKayakConfig({ host: 'h1', planned, documents, hasZones: false })
  expect(text).toContain('# name service LDAP: kayak sets up DNS alone\n')
})

/** What kayak's functions get, and what stands in /.initialboot afterwards. */
function sourced(text: string) {
  const functions = [
    'BuildRpool',
    'BuildRpoolOnly',
    'BuildBE',
    'SetHostname',
    'SetTimezone',
    'SetLang',
    'SetKeyboardLayout',
    'UseDNS',
    'RootPW',
  ]
  const script = [
    ...functions.map((name) => `${name}() { printf '%s' ${name}; printf ' [%s]' "$@"; echo; }`),
    'Postboot() { echo "initialboot $@"; }',
    'sed() { :; }',
    'ALTROOT=/a',
    'set -eu',
    text,
  ].join('\n')
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n')
}

test('bash gives every value whole to the functions of kayak, whatever is in it', () => {
  const disks = ['~it\'s$(id)`id`"x"', '>100000', 'c0t5000CCA01234d0,<200']
  const lines = sourced(
    renderKayakConfig({ host: 'h1', planned: profileOf({ disks }), documents, hasZones: false }),
  )
  expect(lines[0]).toBe(`BuildRpool ${disks.map((disk) => `[${disk}]`).join(' ')}`)
  expect(lines).toContain('SetHostname [h1]')
  expect(lines).toContain('RootPW [$5$salt$hashofthepassword]')
})

test.each([
  '~SAMSUNG SSD',
  '>1 000',
  '>1e3',
  '>',
  '~a*',
  '~[ab]',
  '~a?',
  '~a\\b',
  '~',
  'c1t0d0,',
  ',',
  'c1t0d0s0',
  'any',
  '~a\n',
  '',
])('disks %j would be others than were meant, and are refused', (disks) => {
  expect(() => profileOf({ disks: [disks] })).toThrow(/expected a disk \(c1t0d0\)/)
})

test('a pool of another name is created and filled under that name', () => {
  const profile = profileOf({ disks: ['c0d0'] }, {}, { pool: 'tank' })
  const lines = sourced(renderKayakConfig({ host: 'h1', planned: profile, documents, hasZones: false }))
  expect(lines.slice(0, 2)).toEqual(['BuildRpoolOnly [c0d0]', 'BuildBE [tank]'])
})

describe('the root password of the new system', () => {
  const HASH = '$5$salt$hashofthepassword'
  /** Sources the configuration and does then what kayak does with the shadow file of the medium. */
  const shadowAfter = async (rootPassword: string, before: string) => {
    const root = await mkdtemp(path.join(tmpdir(), 'zoneflash-kayak-'))
    try {
      await mkdir(path.join(root, 'etc'))
      await writeFile(path.join(root, 'etc/shadow'), before)
      const profile = profileOf({ disks: ['c0d0'] }, { rootPassword })
      const names = 'BuildRpool SetHostname SetTimezone UseDNS Postboot'.split(' ')
      const script = [
        ...names.map((name) => `${name}() { :; }`),
        "ROOTPW='of-kayak'",
        'RootPW() { ROOTPW=$1; }',
        renderKayakConfig({ host: 'h1', planned: profile, documents, hasZones: false }),
        `sed -i -e 's%^root::%root:'$ROOTPW':%' $ALTROOT/etc/shadow`,
      ]
      execFileSync('bash', ['-euc', script.join('\n')], { env: { ...process.env, ALTROOT: root } })
      return await readFile(path.join(root, 'etc/shadow'), 'utf8')
    } finally {
      await rm(root, { recursive: true })
    }
  }

  test.each([HASH, 'NP'])('is %s, whatever the medium has', async (password) => {
    for (const had of ['', '$5$golden$password', 'NP', '*LK*'])
      expect(await shadowAfter(password, `daemon:NP:6445::::::\nroot:${had}:6445::::::\n`)).toBe(
        `daemon:NP:6445::::::\nroot:${password}:6445::::::\n`,
      )
  })
})

test.each([true, false])('what the first boot runs is good shell (zones: %s)', (hasZones) => {
  const lines = sourced(
    renderKayakConfig({ host: 'h1', planned: profileOf({ disks: ['c0d0'] }), documents, hasZones }),
  )
  const first = lines
    .filter((line) => line.startsWith('initialboot '))
    .map((line) => line.slice('initialboot '.length))
  expect(first.length).toBeGreaterThan(3)
  execFileSync('sh', ['-n', '-c', first.join('\n')])
})

test('the first boot forgets what was done to the golden host, but for the zones that come with it', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'zoneflash-kayak-'))
  try {
    for (const name of ['captured/web01', 'zones/web01', 'a b'])
      await mkdir(path.join(root, 'var/zoneflash', name), { recursive: true })
    await mkdir(path.join(root, 'var/log'))
    await writeFile(path.join(root, 'var/log/zoneflash.log'), 'of the golden host')
    const planned = profileOf({ disks: ['c0d0'] })
    const lines = sourced(renderKayakConfig({ host: 'h1', planned, documents, hasZones: false }))
    const line = lines.find((one) => one.includes('captured'))?.slice('initialboot '.length) ?? ''
    const run = () => execFileSync('sh', ['-c', line.replaceAll('/var/', `${root}/var/`)], { cwd: root })
    run()
    run()
    expect((await readdir(root, { recursive: true })).toSorted(inOrder)).toEqual([
      'var',
      'var/log',
      'var/zoneflash',
      'var/zoneflash/captured',
      'var/zoneflash/captured/web01',
    ])
    await rm(path.join(root, 'var/zoneflash'), { recursive: true })
    run()
    expect(await readdir(root)).toEqual(['var'])
  } finally {
    await rm(root, { recursive: true })
  }
})

const inOrder = (a: string, b: string) => (a < b ? -1 : 1)
