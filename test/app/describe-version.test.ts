import { describe, expect, test } from 'vitest'
import { describeVersion, type VersionFindings } from '#app/describe-version.ts'
import type { Artifact, VersionFacts } from '#core/manifest.ts'

const stream: Artifact = {
  format: 'zfs',
  compression: 'none',
  sha256: 'a'.repeat(64),
  sha1: 'a'.repeat(40),
  size: 1000,
  uncompressedSize: 1000,
  layout: 'zoneroot',
  entries: 3,
}

const describeIt = (facts: VersionFacts, artifact: Partial<Artifact> = {}) => {
  const findings: VersionFindings = {
    template: 'golden',
    version: '1',
    facts,
    artifact: { ...stream, ...artifact },
    detachedXml: undefined,
    origin: undefined,
    createdBy: 'tester',
    createdAt: new Date(0),
  }
  return describeVersion(findings)
}

describe('a system', () => {
  test.each([
    [{ osRelease: 's10u8', arch: 'sun4u' }, 'solaris10', 'native'],
    [{ osRelease: 'illumos' }, 'illumos', 'ipkg'],
    [{ osFamily: 'illumos', osRelease: 'omnios-r151050', brand: 'lipkg' }, 'illumos', 'lipkg'],
  ] as const)('that is said to be %o is of family %s and brand %s', (facts, osFamily, brand) => {
    const manifest = describeIt({ kind: 'system', ...facts })
    expect(manifest).toMatchObject({ kind: 'system', osFamily, brand, osRelease: facts.osRelease })
  })

  test.each([{}, { osRelease: 'debian-12' }, { osFamily: 'linux' }] as const)(
    'of which no family is known that hosts are installed with is refused: %o',
    (facts) => {
      expect(() => describeIt({ kind: 'system', ...facts })).toThrow(
        expect.objectContaining({ code: 'SystemFamilyMissing' }),
      )
    },
  )

  test.each([
    ['a zonepath', { layout: 'zonepath' }],
    ['an increment', { format: 'zfs-incremental', layout: undefined }],
  ] as const)('cannot be %s', (_what, artifact) => {
    expect(() => describeIt({ kind: 'system', osFamily: 'illumos' }, artifact as Partial<Artifact>)).toThrow(
      expect.objectContaining({ code: 'SystemLayout' }),
    )
  })
})

describe('a flash archive', () => {
  const flar = { contentName: 'golden', archiver: 'cpio', payloadCompression: 'none', type: 'FULL' } as const
  const describeFlar = (facts: VersionFacts, more: Partial<NonNullable<Artifact['flar']>>) =>
    describeIt(facts, { format: 'flar', flar: { ...flar, architectures: ['sun4u', 'sun4v'], ...more } })
  const system = { kind: 'system', osRelease: 's10u8' } as const

  test('that no installer extracts is no system, but a zone', () => {
    const wrong = expect.objectContaining({
      code: 'FlarInvalid',
      message: expect.stringContaining('add the line files_compressed_method=none'),
    })
    expect(() => describeFlar(system, { hidesCompression: true })).toThrow(wrong)
    expect(describeFlar({ brand: 'native' }, { hidesCompression: true })).toMatchObject({ brand: 'native' })
  })

  test.each(['sun4v', 'sparc'])('of a system for some machines is one for %s', (arch) => {
    expect(describeFlar({ ...system, arch }, {})).toMatchObject({ arch })
  })

  test('of a system is not said to be for a machine that it does not name', () => {
    expect(() => describeFlar({ ...system, arch: 'i86pc' }, {})).toThrow(
      'content_architectures is sun4u,sun4v, but golden is said to be for i86pc',
    )
  })
})

test('a zone does not say what it is, as versions of before', () => {
  expect(describeIt({ kind: 'zone', brand: 'lx' })).not.toHaveProperty('kind')
})
