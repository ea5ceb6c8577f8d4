import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Member } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { MAX_TAR_DEVICE, tarMember, tarPad, tarTrailer, type TarMember } from '#core/archive/tar-writer.ts'

function archive(members: readonly TarMember[]): Buffer {
  const parts = members.flatMap((member) => [
    tarMember(member),
    new Uint8Array(member.size),
    tarPad(member.size),
  ])
  const body = Buffer.concat(parts)
  return Buffer.concat([body, tarTrailer(body.byteLength)])
}

function read(bytes: Uint8Array): Member[] {
  const members: Member[] = []
  const reader = new TarReader({
    begin: (member) => members.push(member),
    data: () => undefined,
    end: () => undefined,
  })
  reader.push(bytes)
  reader.finish()
  return members
}

const file = { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 } as const

test('what is written is read back, whatever the names and numbers', () => {
  const name = fc
    .array(fc.string({ minLength: 1, maxLength: 120, unit: fc.constantFrom('a', 'ž', '.', '-', ' ') }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.join('/'))
    .filter((text) => text !== '.')
  const number = fc.oneof(fc.nat(), fc.constantFrom(0o7777777, 0o10000000, 4294967295))
  const member = fc.record({
    name,
    uid: number,
    gid: number,
    mtime: number,
    mode: fc.nat(0o7777),
    size: fc.nat(1500),
  })
  fc.assert(
    fc.property(fc.array(member, { maxLength: 4 }), (members) => {
      const bytes = archive(
        members.map(({ name: text, ...rest }) => ({ ...rest, type: 'file', path: Buffer.from(text) })),
      )
      expect(bytes.byteLength % 10240).toBe(0)
      expect(
        read(bytes).map(({ path, uid, gid, mtime, mode, size }) => ({
          name: path,
          uid,
          gid,
          mtime,
          mode,
          size,
        })),
      ).toEqual(members)
    }),
  )
})

test('a name that fits ustar needs no extended header', () => {
  const deep = Buffer.from(`${'d'.repeat(120)}/${'n'.repeat(99)}`)
  expect(tarMember({ ...file, path: deep }).byteLength).toBe(512)
  expect(tarMember({ ...file, path: Buffer.from('n'.repeat(101)) }).byteLength).toBe(3 * 512)
})

test('GNU tar lists sizes beyond 8 GiB, long links and numbers beyond ustar', () => {
  const huge = 9 * 1024 ** 3
  const member = { ...file, path: Buffer.from('huge'), size: huge, uid: 4_000_000_000, mtime: 10 ** 9 }
  const listed = spawnSync('tar', ['--numeric-owner', '-tvf', '-'], {
    input: tarMember(member),
    encoding: 'utf8',
  })
  expect(listed.stdout).toContain(`4000000000/0`)
  expect(listed.stdout).toContain(String(huge))
  const link = {
    ...file,
    type: 'symlink',
    path: Buffer.from('l'),
    link: Buffer.from(`/${'t'.repeat(300)}`),
  } as const
  expect(spawnSync('tar', ['-tvf', '-'], { input: archive([link]), encoding: 'utf8' }).stdout).toContain(
    't'.repeat(300),
  )
})

test('GNU tar unpacks times to the nanosecond, before the epoch too', () => {
  const times = [
    ['after', 1_700_000_000, 123_456_789, 1_700_000_000_123_456_789n],
    ['before', -2, 250_000_001, -1_749_999_999n],
    ['just before', -1, 900_000_000, -100_000_000n],
  ] as const
  const members = times.map(([name, mtime, mtimeNsec]) => ({
    ...file,
    path: Buffer.from(name),
    mtime,
    mtimeNsec,
  }))
  const directory = mkdtempSync(path.join(tmpdir(), 'tar-writer-'))
  try {
    spawnSync('tar', ['-C', directory, '-xf', '-'], { input: archive(members) })
    for (const [name, , , nanoseconds] of times)
      expect(statSync(path.join(directory, name), { bigint: true }).mtimeNs, name).toBe(nanoseconds)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a device whose number has no room is refused, not written into what follows', () => {
  const device = { ...file, type: 'character', path: Buffer.from('d') } as const
  expect(tarMember({ ...device, device: { major: 1, minor: MAX_TAR_DEVICE } }).byteLength).toBe(512)
  for (const minor of [MAX_TAR_DEVICE + 1, 4_294_967_295])
    expect(() => tarMember({ ...device, device: { major: 1, minor } })).toThrow(
      expect.objectContaining({ code: 'UnsupportedEntry' }),
    )
})
