import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Host } from '#core/host.ts'
import { makePlan, Plan } from '#core/plan.ts'
import { maskPlan } from '#core/plan/mask-plan.ts'
import { renderPlanText } from '#core/plan/render-plan.ts'
import { Profile } from '#core/profile.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import { exampleInput, exampleManifest, examplePlan, exampleProfile, textOf } from './example-plan.ts'

const withZones = (zones: readonly object[]) => Profile.parse({ ...exampleProfile, zones })

describe('makePlan', () => {
  test('fetches each template once, before its first zone, and lets it go after its last', () => {
    const plan = examplePlan()
    expect(
      plan.steps
        .filter(({ step }) => ['fetch', 'clone', 'detach'].includes(step))
        .map(({ step, zone }) => `${step} ${zone}`),
    ).toEqual([
      'fetch flashweb',
      'clone web01',
      'fetch flashmysql',
      'clone mysql01',
      'detach flashmysql',
      'clone web02',
      'detach flashweb',
    ])
    expect(plan.bytes).toBe(6_000_000)
  })

  test('survives being stored as JSON', () => {
    const plan = examplePlan()
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  test.each([
    ['illumos', 'true', '/flash/web/1.0.zfs'],
    ['illumos', 'false', '/flash/web/1.0.tar.zst'],
    ['s10u8', 'false', '/flash/web/1.0.tar.gz'],
  ])('%s with zfs=%s fetches %s', (release, zfs, urlPath) => {
    const plan = examplePlan({ host: Host.parse({ name: 'h1', release, facts: { zfs } }) })
    expect(plan.templates[0]?.urlPath).toBe(urlPath)
  })

  test('of two streams of one version each host gets the one that its pool can receive', () => {
    const facts = { pool: 24, isPackage: false, byteOrder: 'little' as const, features: [], notices: [] }
    const made = exampleManifest('web')
    const [five, ...others] = made.artifacts
    if (!five) throw new Error('no stream')
    const four = { ...five, sha256: 'd'.repeat(64), zfs: { ...facts, zplVersion: 4, pool: 15 } }
    const artifacts = [{ ...five, zfs: { ...facts, zplVersion: 5 } }, ...others, four]
    const versions = new Map([['web@stable', { manifest: { ...made, artifacts } }]])
    const profile = withZones([{ name: 'web01', template: 'web@stable' }])
    const urlFor = (zpool: string) => {
      const host = Host.parse({ name: 'h1', facts: { zfs: 'true', zpool } })
      return examplePlan({ host, profile, versions }).templates[0]?.urlPath
    }
    expect(urlFor('28')).toBe('/flash/web/1.0.zfs')
    expect(urlFor('23')).toBe(`/blobs/sha256/${'d'.repeat(64)}`)
  })

  test('a form that the host cannot take is refused with what there is', () => {
    const profile = withZones([{ name: 'web01', template: 'web@stable', form: 'zfs' }])
    expect(() => examplePlan({ profile })).toThrow(
      expect.objectContaining({
        code: 'NoUsableArtifact',
        message:
          'web@1.0 has zfs (the host has no ZFS), tar.gz, tar.zst; host h1 (illumos, no zfs) needs zfs',
      }),
    )
  })

  test.each([
    [[{ name: 'flashweb', template: 'web@stable' }], 'the name flashweb is needed'],
    [
      [
        { name: 'a', template: 'web@stable' },
        { name: 'b', template: 'web@stable', attachPolicy: 'force' },
      ],
      'attachPolicy force',
    ],
    [
      [{ name: 'a', template: 'web@stable', attr: [{ name: 'flash-origin', value: 'x' }] }],
      'kept for the zone',
    ],
  ])('zones that cannot be together are refused: %j', (zones, message) => {
    expect(() => examplePlan({ profile: withZones(zones) })).toThrow(
      expect.objectContaining({ code: 'PlanConflict', message: expect.stringContaining(message) }),
    )
  })

  test('one that keeps the flash zone keeps it for all', () => {
    const profile = withZones([
      { name: 'a', template: 'web@stable' },
      { name: 'b', template: 'web@stable', flashZone: 'keep' },
    ])
    expect(examplePlan({ profile }).templates[0]?.afterwards).toBe('keep')
  })

  test('an archive without a manifest gets one from the catalog, without the golden host and with its inventory in order', () => {
    const manifest = exampleManifest('web', {
      brand: 'native',
      osFamily: 'solaris10',
      zonecfg:
        'create -b\nset zonepath=/golden\nset ip-type=shared\nadd net\nset address=192.0.2.1\nset physical=bge0\nend\nadd device\nset match=/dev/dsk/*\nend\nset limitpriv=default,sys_time\nadd fs\nset dir=/data\nset special=/export/data\nset type=lofs\nend\nadd attr\nset name=owner\nset type=string\nset value=ops\nend\n',
      inventory: [
        { kind: 'package', name: 'SUNWcsr', version: '11.11' },
        { kind: 'patch', id: '900001-03', obsoletes: ['900000'], incompatible: [] },
        { kind: 'package', name: 'SUNWcsu', version: '11.11' },
      ],
    })
    const profile = withZones([{ name: 'a', template: 'web@stable' }])
    const host = Host.parse({ name: 'h1', release: 's10u8' })
    const plan = examplePlan({ host, profile, versions: new Map([['web@stable', { manifest }]]) })
    const config = parseZoneXml(plan.templates[0]?.detachedXml ?? '')
    expect(config).toMatchObject({ name: 'flashweb', zonepath: '/zoneflash/web' })
    expect(
      config.elements.map(({ tag, attributes }) => `${tag} ${attributes['name'] ?? attributes['id']}`),
    ).toEqual(['filesystem undefined', 'attr owner', 'package SUNWcsr', 'patch 900001-03', 'package SUNWcsu'])
    expect(config.properties.limitpriv).toBeUndefined()
    expect(plan.templates[0]?.foreign).toEqual([
      'not taken over: limitpriv default,sys_time',
      'not taken over: net 192.0.2.1 bge0',
      'not taken over: device /dev/dsk/*',
      'taken over, look whether this host has it: fs /export/data (lofs) at /data',
    ])
  })

  test.each([
    { policy: 'strict', release: 's10u11', newest: ['auto_reg', 'nfs4_domain'] },
    { policy: 'update', release: 's10u11', newest: ['auto_reg', 'nfs4_domain'] },
    { policy: 'force', release: 's10u11', newest: ['nfs4_domain'] },
    { policy: 'update', release: 's10u3', newest: [] },
  ])(
    'a native zone of 10/09, attached ($policy) to $release, is asked what that release asks',
    ({ policy, release, newest }) => {
      const manifest = exampleManifest('web', { brand: 'native', osFamily: 'solaris10', osRelease: 's10u8' })
      const profile = withZones([{ name: 'a', template: 'web@stable', attachPolicy: policy }])
      const host = Host.parse({ name: 'h1', release })
      const [zone] = examplePlan({ host, profile, versions: new Map([['web@stable', { manifest }]]) }).zones
      expect(zone?.sysidcfg?.match(/^(auto_reg|nfs4_domain)\b/gm)?.toSorted() ?? []).toEqual(newest)
      expect(zone?.touch).toEqual(newest.length > 0 ? [] : ['etc/.NFS4inst_state.domain'])
    },
  )

  test('a Solaris 10 zone with exclusive IP answers sysidtool with its own addresses', () => {
    const manifest = exampleManifest('web', { brand: 'native', osFamily: 'solaris10', osRelease: 's10u9' })
    const profile = withZones([
      {
        name: 'web_01',
        template: 'web@stable',
        ipType: 'exclusive',
        net: [{ physical: 'e1000g1', allowedAddress: '192.0.2.10/25', defrouter: '192.0.2.1' }],
        sysid: { timezone: 'Europe/Berlin' },
      },
    ])
    const zone = examplePlan({ profile, versions: new Map([['web@stable', { manifest }]]) }).zones[0]
    expect(zone?.sysidcfg).toContain(
      'network_interface=e1000g1 { hostname=web-01 ip_address=192.0.2.10 netmask=255.255.255.128 protocol_ipv6=no default_route=192.0.2.1 }',
    )
    expect(zone?.sysidcfg).toContain('auto_reg=disable')
    expect(zone?.sysidcfg).toContain('timezone=Europe/Berlin')
    expect(zone?.rootPassword).toBeUndefined()
  })

  test.each(['ftp://192.0.2.1', 'http://192.0.2.1/"', 'http://a b', 'http://h\nurl = "x"'])(
    'the URL %j is refused',
    (baseUrl) => {
      expect(() => examplePlan({ baseUrl })).toThrow(expect.objectContaining({ code: 'BaseUrlInvalid' }))
    },
  )

  test('a template that nobody resolved is missing', () => {
    expect(() => makePlan(exampleInput({ versions: new Map() }))).toThrow(
      expect.objectContaining({ code: 'VersionNotFound' }),
    )
  })
})

describe('renderPlanText', () => {
  test('shows steps, bytes and files, and no secrets unless they are wanted', () => {
    const text = textOf(examplePlan())
    expect(text).toContain('to transfer: 5.7 MiB in 2 downloads')
    expect(text).toContain('create -t flashweb')
    expect(text).toContain('curl http://127.0.0.1/')
    expect(text).not.toContain('verysecret')
    expect(JSON.stringify(maskPlan(examplePlan()))).not.toContain('verysecret')
    const manifest = exampleManifest('web', { brand: 'native', osFamily: 'solaris10' })
    const profile = withZones([{ name: 'a', template: 'web@stable' }])
    const solaris = examplePlan({ profile, versions: new Map([['web@stable', { manifest }]]) })
    expect(textOf(solaris)).toContain('root_password=****')
    expect(renderPlanText(solaris)).toContain('verysecret')
  })
})

test.each(['demo', 'solaris10-web'])('profiles/%s.yaml is a profile', (name) => {
  const file = new URL(`../../profiles/${name}.yaml`, import.meta.url)
  expect(Profile.parse(parse(readFileSync(file, 'utf8'))).name).toBe(name)
})
