import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { weighForms, type OnHost } from '#core/plan/forms.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest, examplePlan, textOf } from './example-plan.ts'

const origin = { template: 'default', version: '7' }
const delta = (format: 'zfs-incremental' | 'layer', size: number, digit: string): Artifact => ({
  format,
  compression: format === 'layer' ? 'gzip' : 'none',
  sha256: digit.repeat(64),
  sha1: digit.repeat(40),
  size,
  uncompressedSize: size,
  ...(format === 'layer' ? { base: 'b'.repeat(64) } : { fromGuid: '99' }),
})

function withDeltas(...deltas: Artifact[]): Manifest {
  const manifest = exampleManifest('web')
  return { ...manifest, origin, artifacts: [...manifest.artifacts, ...deltas] }
}

const manifest = withDeltas(delta('zfs-incremental', 500_000, 'd'), delta('layer', 400_000, 'e'))
const host = (zfs: boolean, release = 'illumos') =>
  Host.parse({ name: 'h1', release, facts: { zfs: String(zfs) } })
const there = (template: string, version: string, format: OnHost['format']) =>
  new Map([[template, { version, format }]])

describe('weighForms', () => {
  test.each([
    { zfs: true, has: there('default', '7', 'zfs'), chosen: 'izfs' },
    { zfs: true, has: there('default', '7', 'zfs-incremental'), chosen: 'izfs' },
    { zfs: true, has: there('default', '7', 'tar'), chosen: 'layer.tar.gz' },
    { zfs: true, has: there('default', '6', 'zfs'), chosen: 'zfs' },
    { zfs: true, has: new Map<string, OnHost>(), chosen: 'zfs' },
    { zfs: false, has: there('default', '7', 'tar'), chosen: 'layer.tar.gz' },
    { zfs: false, has: there('default', '7', 'layer'), chosen: 'layer.tar.gz' },
    { zfs: false, has: new Map<string, OnHost>(), chosen: 'tar.zst' },
    { zfs: false, has: there('web', '1.0', 'cpio'), chosen: 'already there' },
    { zfs: false, has: there('web', '0.9', 'cpio'), chosen: 'tar.zst' },
  ])('with zfs=$zfs and what is there: $chosen', ({ zfs, has, chosen }) => {
    const { choices } = weighForms(manifest, host(zfs), 'auto', has)
    expect(choices.filter((one) => one.chosen).map(({ form }) => form)).toEqual([chosen])
    expect(choices.map(({ form }) => form)).toEqual([
      'already there',
      'zfs',
      'tar.gz',
      'tar.zst',
      'izfs',
      'layer.tar.gz',
    ])
    expect(choices.filter((one) => one.chosen && !one.usable)).toEqual([])
  })

  test('says why each of the others is not used', () => {
    const { choices } = weighForms(manifest, host(false, 's10u8'), 'auto', there('default', '6', 'tar'))
    expect(choices.map(({ form, bytes, usable, why }) => [form, bytes, usable, why])).toEqual([
      ['already there', 0, false, 'web@1.0 is not known to be there'],
      ['zfs', 10_000_000, false, 'the host has no ZFS'],
      ['tar.gz', 4_000_000, true, 'the first to be there of those it can take'],
      ['tar.zst', 3_000_000, false, 'Solaris 10 has no zstd'],
      ['izfs', 500_000, false, 'the host has no ZFS'],
      ['layer.tar.gz', 400_000, false, 'origin default@7 is not known to be there'],
    ])
  })

  test.each([
    [
      { zfs: 'true', zpool: 'v28' },
      'the fact zpool is "v28", expected a pool version from 1 to 5000, or features',
    ],
    [{ zfs: 'yes' }, 'the fact zfs is "yes", expected true or false'],
  ])('a host of before with the facts %j, which say nothing, is offered no stream', (facts, why) => {
    const { choices } = weighForms(manifest, { ...host(true), facts }, 'auto', new Map())
    expect(choices.find(({ form }) => form === 'zfs')).toMatchObject({ usable: false, why })
    expect(choices.find(({ chosen }) => chosen)?.form).toBe('tar.zst')
  })

  test('a flash archive is offered to no zone, however small it is', () => {
    const flar = { ...delta('layer', 1000, 'f'), format: 'flar' as const, compression: 'none' as const }
    const { choices } = weighForms(withDeltas(flar), host(true), 'auto', new Map())
    expect(choices.find(({ form }) => form === 'flar')).toMatchObject({
      usable: false,
      chosen: false,
      why: 'a flash archive is for JumpStart and flar, not for zones.sh',
    })
    expect(() => weighForms({ ...manifest, artifacts: [flar] }, host(true), 'auto', new Map())).toThrow(
      'web@1.0 has flar (a flash archive is for JumpStart and flar, not for zones.sh)',
    )
  })

  test('a stream that the host’s pool cannot receive is not offered, and the next best is', () => {
    const zfs = {
      zplVersion: 5,
      features: ['system attributes', 'lz4'],
      pool: 'features' as const,
      isPackage: false,
      byteOrder: 'little' as const,
      notices: [],
    }
    const streams = {
      ...manifest,
      artifacts: manifest.artifacts.map((one) => ({ ...one, ...(one.format.startsWith('zfs') && { zfs }) })),
    }
    const old = Host.parse({ name: 'h1', release: 'illumos', facts: { zfs: 'true', zpool: '28' } })
    const { choices, full, deltas } = weighForms(streams, old, 'auto', there('default', '7', 'zfs'))
    const refused = choices.filter(({ form }) => form === 'zfs' || form === 'izfs')
    expect(refused.map(({ usable, why }) => [usable, why])).toEqual([
      [false, "the stream has lz4, the host's pool has version 28, without feature flags"],
      [false, "the stream has lz4, the host's pool has version 28, without feature flags"],
    ])
    expect(full.compression).toBe('zstd')
    expect(deltas.map(({ format }) => format)).toEqual(['layer'])
    expect(weighForms(streams, host(true), 'auto', new Map()).full.format).toBe('zfs')
  })

  test('a layer applies to an origin that came as a stream with the tree of the archives', () => {
    const layerOnly = withDeltas(delta('layer', 400_000, 'e'))
    const from = exampleManifest('default', { version: '7' })
    const [stream, archive] = from.artifacts
    const like = (changes: Partial<Artifact>) => ({
      ...from,
      artifacts: from.artifacts.map((one) => (one === stream ? { ...one, ...changes } : one)),
    })
    const chosen = (known: Manifest | undefined) =>
      weighForms(layerOnly, host(true), 'auto', there('default', '7', 'zfs'), known).choices.find(
        (one) => one.chosen,
      )?.form
    expect(chosen(from)).toBe('zfs')
    expect(chosen(undefined)).toBe('zfs')
    expect(chosen(like({ derivedFrom: archive?.sha256 }))).toBe('layer.tar.gz')
    const zfs = { features: [], pool: 15, isPackage: false, byteOrder: 'little' as const, notices: [] }
    expect(chosen(like({ zfs: { ...zfs, sameTreeAs: archive?.sha256 } }))).toBe('layer.tar.gz')
    // an archive that is there no more, or was never one of this version's
    expect(chosen(like({ zfs: { ...zfs, sameTreeAs: 'f'.repeat(64) } }))).toBe('zfs')
  })

  const plain = (digit: string, changes: Partial<Artifact> = {}): Artifact => ({
    ...delta('zfs-incremental', 500_000, digit),
    format: 'zfs',
    fromGuid: undefined,
    ...changes,
  })

  test('a stream of a zoneroot is no form for a host: receive puts no zonepath around it', () => {
    const [stream, ...archives] = exampleManifest('web').artifacts
    const zoneroot = { ...plain('a'), ...stream, layout: 'zoneroot' as const, guid: '77' }
    const bare = { ...exampleManifest('web'), artifacts: [zoneroot, ...archives] }
    const { full, choices } = weighForms(bare, host(true), 'auto', new Map())
    expect(full.format).toBe('tar')
    expect(choices.find(({ form }) => form === 'zfs')).toMatchObject({
      usable: false,
      why: 'it holds a zoneroot, expected a zonepath: template convert makes an archive of it',
    })
    expect(() => weighForms({ ...bare, artifacts: [zoneroot] }, host(true), 'auto', new Map())).toThrow(
      'web@1.0 has zfs (it holds a zoneroot, expected a zonepath',
    )
  })

  test('of several increments the host gets the one that builds on the stream it took', () => {
    const from = exampleManifest('default', {
      version: '7',
      artifacts: [plain('1', { guid: '98' }), plain('2', { guid: '99' })],
    })
    const one = { ...delta('zfs-incremental', 500_000, 'd'), fromGuid: '98' }
    const other = { ...delta('zfs-incremental', 600_000, 'e'), fromGuid: '99' }
    const both = withDeltas(one, other)
    const after = (digit: string) =>
      weighForms(
        both,
        host(true),
        'auto',
        new Map([['default', { version: '7', format: 'zfs' as const, sha256: digit.repeat(64) }]]),
        from,
      )
    expect(after('1').deltas).toEqual([one])
    expect(after('2').deltas).toEqual([other])
    expect(after('2').choices.filter(({ chosen }) => chosen)).toMatchObject([{ sha256: other.sha256 }])
    expect(after('2').choices.find(({ sha256 }) => sha256 === one.sha256)?.why).toBe(
      'origin default@7 came with the snapshot 99, it starts from 98',
    )
    // older installs did not say which: the host finds out
    expect(weighForms(both, host(true), 'auto', there('default', '7', 'zfs'), from).deltas).toEqual([one])
  })

  test('the full form is the one that is there soonest, not the smallest', () => {
    const archive = (compression: 'gzip' | 'bzip2', size: number, digit: string): Artifact => ({
      ...plain(digit, { size, uncompressedSize: 800_000_000 }),
      format: 'tar',
      compression,
    })
    const [bzip2, gzip] = [archive('bzip2', 270_000_000, 'b'), archive('gzip', 300_000_000, 'a')]
    const artifacts = [bzip2, gzip]
    const { full, choices } = weighForms({ ...manifest, artifacts }, host(false), 'auto', new Map())
    expect(full).toBe(gzip)
    expect(choices.find(({ form }) => form === 'tar.bz2')?.why).toBe('slower')
    const layers = artifacts.map((one) => ({ ...one, format: 'layer' as const, size: one.size / 2 }))
    const weighed = weighForms(
      { ...manifest, artifacts: [...artifacts, ...layers] },
      host(false),
      'auto',
      there('default', '7', 'tar'),
    )
    expect(weighed.deltas.map(({ compression }) => compression)).toEqual(['gzip'])
  })

  test('streams that differ in nothing but the ZPL version or their bytes are told apart', () => {
    const zfs = { features: [], pool: 15, isPackage: false, byteOrder: 'little' as const, notices: [] }
    const streams = [
      plain('1', { zfs: { ...zfs, zplVersion: 4 } }),
      plain('2', { zfs: { ...zfs, zplVersion: 5 } }),
      delta('zfs-incremental', 1, '3'),
      delta('zfs-incremental', 1, '4'),
      delta('layer', 1, '5'),
    ]
    const { choices } = weighForms({ ...manifest, artifacts: streams }, host(true), 'auto', new Map())
    expect(choices.map(({ form }) => form)).toEqual([
      'already there',
      'zfs (ZPL 4)',
      'zfs (ZPL 5)',
      'izfs (333333333333)',
      'izfs (444444444444)',
      'layer.tar.gz',
    ])
  })

  test('offers the host what it could take, whatever the server knows', () => {
    expect(weighForms(manifest, host(true), 'auto', new Map()).deltas.map(({ format }) => format)).toEqual([
      'zfs-incremental',
      'layer',
    ])
  })

  test('a delta that is no smaller than the full form is not offered', () => {
    const large = withDeltas(delta('layer', 3_000_000, 'e'))
    expect(weighForms(large, host(false), 'auto', there('default', '7', 'tar')).deltas).toEqual([])
  })

  test('a wanted form is that form', () => {
    const weighed = weighForms(manifest, host(true), 'tar.gz', there('web', '1.0', 'zfs'))
    expect(weighed.deltas).toEqual([])
    expect(weighed.choices.find(({ chosen }) => chosen)?.form).toBe('tar.gz')
  })
})

test('the plan counts what will be transferred, and shows every form with its bytes', () => {
  const profile = Profile.parse({
    name: 'demo',
    sysid: { rootPassword: '$5$salt$verysecret' },
    zones: [{ name: 'web01', template: 'web@stable' }],
  })
  const versions = new Map([['web@stable', { manifest }]])
  const plan = examplePlan({ host: host(true), profile, versions, there: there('default', '7', 'zfs') })
  expect(plan.bytes).toBe(500_000)
  expect(textOf(plan)).toContain('* izfs            488.3 KiB    ~0.5 s  origin default@7 is there\n')
  const further = withDeltas(
    { ...delta('zfs-incremental', 600_000, 'e'), fromGuid: '98' },
    delta('zfs-incremental', 500_000, 'd'),
  )
  const byDigest = examplePlan({
    host: host(true),
    profile,
    versions: new Map([['web@stable', { manifest: further }]]),
    there: there('default', '7', 'zfs'),
  })
  expect(byDigest.templates[0]?.deltas[0]?.urlPath).toBe(`/blobs/sha256/${'d'.repeat(64)}`)
  const fetch = byDigest.steps.find(({ step }) => step === 'fetch')
  expect([byDigest.bytes, fetch?.bytes]).toEqual([500_000, 500_000])
  expect(fetch?.what).toContain('zfs-incremental onto default@7, 488.3 KiB')
  const again = examplePlan({ host: host(true), profile, versions, there: there('web', '1.0', 'zfs') })
  expect(textOf(again)).toContain('to transfer: 0 B in 0 downloads')
})
