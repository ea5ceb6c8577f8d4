import { describe, expect, test } from 'vitest'
import { aclOfMode, encodeAcl, flagsOfMode, type AclEntry } from '#core/zfs/write/acl.ts'

const READ = 0x1
const WRITE = 0x2
const EXECUTE = 0x20
const NO_EXECS_DENIED = 0x100n

type Who = AclEntry['who']

/** As Solaris checks: entry by entry, what an entry denies or allows first is decided. `who` are all that the caller is. */
function allowed(entries: readonly AclEntry[], who: readonly Who[], bit: number): boolean {
  return entries.find((entry) => who.includes(entry.who) && (entry.mask & bit) !== 0)?.type === 'allow'
}

/** In which group of the mode's bits each caller is. Everybody is everyone; the owner may be in the group too. */
const callers: readonly [shift: number, who: readonly Who[]][] = [
  [6, ['owner', 'everyone']],
  [6, ['owner', 'group', 'everyone']],
  [3, ['group', 'everyone']],
  [0, ['everyone']],
]

const everyMode = Array.from({ length: 0o1000 }, (_, mode) => mode)

describe.each([
  [4, false],
  [4, true],
  [5, false],
  [5, true],
])('the ACL of ZPL %i, directory %s', (zpl, isDirectory) => {
  test('gives everybody what the mode gives, for all 512 modes', () => {
    for (const mode of everyMode) {
      const entries = aclOfMode(zpl, mode, isDirectory)
      for (const [shift, who] of callers) {
        const bits = mode >> shift
        const given = [READ, WRITE, EXECUTE].map((bit) => allowed(entries, who, bit))
        expect(given, `${mode.toString(8)} for ${who.join()}`).toEqual([
          (bits & 4) !== 0,
          (bits & 2) !== 0,
          (bits & 1) !== 0,
        ])
      }
    }
  })

  test('lets the owner alone change it, and everybody read it', () => {
    for (const mode of everyMode) {
      const entries = aclOfMode(zpl, mode, isDirectory)
      for (const [shift, who] of callers) {
        expect(allowed(entries, who, 0x40000)).toBe(shift === 6)
        expect(allowed(entries, who, 0x20000)).toBe(true)
      }
    }
  })

  test('fits where it stands: 72 bytes of a znode, 48 beside a spill block', () => {
    for (const mode of everyMode)
      expect(encodeAcl(aclOfMode(zpl, mode, isDirectory)).byteLength).toBeLessThanOrEqual(48)
  })
})

test('an ACL of ZPL 5 has three entries when no class has less than a later one', () => {
  expect(aclOfMode(5, 0o755, true)).toEqual([
    { type: 'allow', who: 'owner', mask: 0x1e0198 | 0x1 | 0x46 | 0x20 },
    { type: 'allow', who: 'group', mask: 0x120088 | 0x1 | 0x20 },
    { type: 'allow', who: 'everyone', mask: 0x120088 | 0x1 | 0x20 },
  ])
})

test('entries are written as type, who and mask', () => {
  const [entry] = aclOfMode(4, 0o700, false).slice(1)
  expect(Buffer.from(encodeAcl(entry ? [entry] : [])).toString('hex')).toBe('0000001037010c00')
})

test('the flag that lets everybody through is set only when all three x bits are', () => {
  for (const mode of everyMode) {
    expect((flagsOfMode(mode, true) & NO_EXECS_DENIED) !== 0n).toBe((mode & 0o111) === 0o111)
  }
  expect(flagsOfMode(0o755, true)).toBe(0x408_0000_0144n)
  expect(flagsOfMode(0o644, false)).toBe(0x408_0000_0004n)
})
