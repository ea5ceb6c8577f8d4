import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { maskPlan } from '#core/plan/mask-plan.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest, examplePlan, textOf } from '../example-plan.ts'

const stream: Artifact = {
  format: 'zfs',
  compression: 'gzip',
  sha256: 'a'.repeat(64),
  sha1: 'a'.repeat(40),
  size: 300_000_000,
  uncompressedSize: 1_000_000_000,
  layout: 'zoneroot',
  entries: 40_000,
  guid: '77',
}
const golden = exampleManifest('golden', {
  kind: 'system',
  brand: 'native',
  osFamily: 'solaris10',
  osRelease: 's10u8',
  artifacts: [stream],
})
const host = Host.parse({
  name: 'h1',
  arch: 'sun4u',
  release: 's10u8',
  interfaces: [
    { name: 'bge1', address: '192.0.2.12/24' },
    { name: 'bge0', primary: true, address: '192.0.2.11/24', defaultRoute: '192.0.2.1', hostname: 'app1' },
  ],
})
const profile = {
  name: 'servers',
  sysid: { rootPassword: '$5$salt$verysecret', timezone: 'Europe/Berlin' },
  system: { template: 'golden@stable', compression: 'lzjb' },
  zones: [{ name: 'web01', template: 'web@stable' }],
}
const web = exampleManifest('web', { brand: 'native', osFamily: 'solaris10' })

const planOf = (changes: { manifest?: Partial<Manifest>; profile?: object; host?: object } = {}) =>
  examplePlan({
    host: Host.parse({ ...host, ...changes.host }),
    profile: Profile.parse({ ...profile, ...changes.profile }),
    versions: new Map([
      ['golden@stable', { manifest: { ...golden, ...changes.manifest } }],
      ['web@stable', { manifest: web }],
    ]),
  })
const conflict = (message: RegExp) =>
  expect.objectContaining({ code: 'PlanConflict', message: expect.stringMatching(message) as string })

describe('a plan with a system', () => {
  test('installs it before the zones and says how', async () => {
    await expect(textOf(planOf())).toMatchFileSnapshot('../../fixtures/golden/plan/system.txt')
  })

  test('asks for room by what the stream unpacks to, not by the disk that it came from', () => {
    const { system } = planOf()
    expect(system?.neededBytes).toBe(1_000_000_000 + 40_000 * 4096 + 16 * 1024 * 1024)
    const small = planOf({ manifest: { artifacts: [{ ...stream, uncompressedSize: 1000, entries: 1 }] } })
    expect(small.system?.neededBytes).toBeLessThan(32 * 1024 * 1024)
  })

  test('hides its password where it is read', () => {
    const masked = JSON.stringify(maskPlan(planOf()))
    expect(masked).not.toContain('verysecret')
    expect(masked).toContain('root_password=****')
  })

  test('takes a stream before archives, and archives by what the host can unpack', () => {
    const archive = {
      ...stream,
      format: 'tar' as const,
      compression: 'zstd' as const,
      sha256: 'b'.repeat(64),
    }
    const gzip = { ...archive, compression: 'gzip' as const, sha256: 'c'.repeat(64) }
    const chosen = (artifacts: Artifact[]) => planOf({ manifest: { artifacts } }).system?.sha256[0]
    expect(chosen([archive, gzip, stream])).toBe('a')
    expect(chosen([archive, gzip])).toBe('c')
    expect(() => chosen([archive])).toThrow(
      'golden@1.0 has tar.zst (Solaris 10 has no zstd); host h1 (s10u8) needs another form',
    )
    expect(() => chosen([{ ...stream, layout: 'zonepath' }])).toThrow('it holds a zonepath')
  })

  test('leaves a flash archive to JumpStart, and to nobody else', () => {
    const flar = { ...stream, format: 'flar' as const, compression: 'none' as const }
    expect(() => planOf({ manifest: { artifacts: [flar] } })).toThrow(
      'only JumpStart installs a flash archive',
    )
    const plan = planOf({ manifest: { artifacts: [flar] }, profile: { jumpstart: {} } })
    expect(plan.system?.format).toBe('flar')
    expect(plan.steps.filter(({ step }) => step === 'system')).toHaveLength(1)
  })

  test('takes a flash archive and nothing else where the profile says how it is installed', () => {
    const flar = { ...stream, format: 'flar' as const, sha256: 'f'.repeat(64) }
    const manifest = { artifacts: [stream, flar] }
    expect(planOf({ manifest, profile: { jumpstart: {} } }).system?.format).toBe('zfs')
    const plan = planOf({ manifest, profile: { jumpstart: { flash: {} } } })
    expect(plan.system?.format).toBe('flar')
    expect(plan.jumpstart?.installProfile).toContain('filesys rootdisk.s0 free /\n')
    expect(() => planOf({ profile: { jumpstart: { flash: {} } } })).toThrow('jumpstart.flash')
    const pool = { jumpstart: { flash: { root: 'zfs' } } }
    expect(planOf({ manifest, profile: pool }).jumpstart?.installProfile).toContain('\npool rpool auto ')
    expect(() => planOf({ manifest, profile: pool, host: { release: 's10u7' } })).toThrow(
      conflict(/goes into a pool, host h1 is s10u7/),
    )
  })

  test('takes a flash archive only where it names the machine of the host', () => {
    const flar = { contentName: 'g', archiver: 'cpio', payloadCompression: 'none', type: 'FULL' } as const
    const plan = (architectures: string[]) => {
      const artifact: Artifact = { ...stream, format: 'flar', flar: { ...flar, architectures } }
      return planOf({ manifest: { arch: undefined, artifacts: [artifact] }, profile: { jumpstart: {} } })
    }
    expect(plan([]).system?.format).toBe('flar')
    expect(plan(['sun4v', 'sun4u']).system?.format).toBe('flar')
    expect(() => plan(['sun4v', 'i86pc'])).toThrow('it is for sun4v, i86pc, the host is sun4u')
  })

  test.each([
    [
      'a stream with system attributes on an old pool',
      { zplVersion: 5, features: ['system attributes'] },
      /pool version 24/,
    ],
  ])('refuses %s', (_what, facts, why) => {
    const zfs = { pool: 24, isPackage: false, byteOrder: 'little' as const, notices: [], ...facts }
    expect(() => planOf({ manifest: { artifacts: [{ ...stream, zfs }] } })).toThrow(why)
  })

  test('refuses a zone as the system, and a system as a zone', () => {
    expect(() => planOf({ manifest: { kind: 'zone' } })).toThrow(
      conflict(/^the profile's system is golden@1\.0, which is a zone/),
    )
    expect(() => planOf({ profile: { zones: [{ name: 'z', template: 'golden@stable' }] } })).toThrow(
      conflict(/^zone z wants golden@stable, which is a whole system/),
    )
  })

  test.each([
    ['another family', { osFamily: 'illumos' as const }, /of family illumos, host h1 is one of solaris10/],
    ['another processor', { arch: 'i86pc' }, /golden@1\.0 is for i86pc, host h1 is sun4u/],
  ])('refuses a system of %s', (_what, manifest, why) => {
    expect(() => planOf({ manifest })).toThrow(conflict(why))
  })

  test('takes a system for another machine of the same processor', () => {
    expect(planOf({ manifest: { arch: 'sun4v' } }).system?.nodename).toBe('app1')
  })

  test('refuses a zone that the system brings as well', () => {
    const captured = {
      name: 'web01',
      zonepath: '/zones/web01',
      brand: 'native',
      autoboot: true,
      zonecfg: '',
      warnings: [],
    }
    const capturedZones = [captured] as unknown as Manifest['capturedZones']
    expect(() => planOf({ manifest: { capturedZones } })).toThrow(conflict(/brings a zone web01/))
  })
})

test('an illumos host needs the names of its interfaces', () => {
  const illumos = { osFamily: 'illumos' as const, osRelease: 'illumos' }
  const plan = (interfaces?: object[]) =>
    planOf({
      manifest: illumos,
      profile: { zones: [] },
      host: { release: 'illumos', ...(interfaces ? { interfaces } : { interfaces: undefined }) },
    })
  expect(plan().system).toMatchObject({ files: [], touch: [], nodename: 'h1' })
  expect(plan().system).not.toHaveProperty('sysidcfg')
  expect(() => plan([{ name: 'PRIMARY' }])).toThrow(conflict(/interface PRIMARY of host h1 has no name/))
})

test('a profile has a zone or a system, or its host is installed by JumpStart', () => {
  const { system: _, zones: __, ...empty } = profile
  expect(Profile.safeParse(empty).error?.issues).toMatchObject([
    { path: ['zones'], message: 'expected at least one zone, a system, or jumpstart' },
  ])
  expect(Profile.safeParse({ ...empty, jumpstart: {} }).success).toBe(true)
})

test('a boot environment may not have the name of what is received', () => {
  const system = { template: 'golden@1', bootEnvironment: 'zoneflash-incoming' }
  expect(Profile.safeParse({ ...profile, system }).success).toBe(false)
})
