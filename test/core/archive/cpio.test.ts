import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import { cpioMember, cpioPad, cpioTrailer } from '#core/archive/cpio-writer.ts'
import type { Member } from '#core/archive/member.ts'
import { shell, withTree, zoneTree } from '#test/archives.ts'

function read(bytes: Uint8Array, step = 65_536) {
  const members: (Omit<Member, 'raw'> & { content: string })[] = []
  const reader = new CpioReader({
    begin: ({ raw: _raw, ...member }) => members.push({ ...member, content: '' }),
    data: (data) => {
      const last = members.at(-1)
      if (last) last.content += Buffer.from(data).toString('latin1')
    },
    end: () => undefined,
  })
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  reader.finish()
  return members
}

const zone = withTree(zoneTree, (directory) => ({
  newc: shell(directory, 'find . | sort | cpio --quiet -o -H newc'),
  crc: shell(directory, 'find . | sort | cpio --quiet -o -H crc'),
  odc: shell(directory, 'find . | sort | cpio --quiet -o -H odc'),
  bsdodc: shell(directory, 'find . | sort | bsdtar --format=odc -cnf - -T -'),
  bsdcpio: shell(directory, 'find . | sort | bsdtar --format=newc -cnf - -T -'),
}))

describe('archives of real programs', () => {
  test.each(Object.entries(zone))('%s has every file', (_format, bytes) => {
    const byPath = new Map(read(bytes).map((member) => [member.path.replace(/^\.\//, ''), member]))
    expect(byPath.get('etc/shadow')).toMatchObject({ type: 'file', mode: 0o600, content: 'secret\n' })
    expect(byPath.get('usr/bin/su')).toMatchObject({ mode: 0o4755 })
    expect(byPath.get('usr/relative')).toMatchObject({ type: 'symlink', link: '../usr/bin', size: 0 })
    expect(byPath.get('var/pipe')).toMatchObject({ type: 'fifo' })
    expect(byPath.get('etc/hostname')?.inode).toEqual(byPath.get('etc/nodename')?.inode)
    expect(byPath.get('etc/hostname')?.names).toBe(2)
  })

  test('the same members come out whatever the pieces are', () => {
    const whole = read(zone.newc)
    for (const step of [1, 3, 110, 111, 4096]) expect(read(zone.newc, step)).toEqual(whole)
  })

  test('a wrong checksum of a 070702 archive is corrupt', () => {
    const bytes = Buffer.from(zone.crc)
    bytes[bytes.indexOf('secret')] = 0x53
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('members of the old form come out whatever the pieces are', () => {
    const whole = read(zone.odc)
    for (const step of [1, 5, 76, 77, 4096]) expect(read(zone.odc, step)).toEqual(whole)
  })
})

describe('the old form', () => {
  const odc = (path: string, { mode = 0o100644, rdev = 0, size = '00000000004', data = 'data' } = {}) => {
    const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
    const numbers = [0o1402, 7, mode, 0, 3, 1, rdev].map((value) => octal(value, 6)).join('')
    const header = `070707${numbers}${octal(1_700_000_000, 11)}${octal(path.length + 1, 6)}${size}`
    return `${header}${path}\0${data}`
  }
  const trailer = odc('TRAILER!!!', { size: '00000000000', data: '' })

  test('has a device in 16 bits and files beyond 4 GiB', () => {
    const device = odc('dev/null', { mode: 0o020666, rdev: 0x0d02, size: '00000000000', data: '' })
    expect(read(Buffer.from(device + odc('a') + trailer))).toMatchObject([
      { path: 'dev/null', type: 'character', device: '13,2', mode: 0o666 },
      { path: 'a', size: 4, gid: 3, mtime: 1_700_000_000, content: 'data' },
    ])
    expect(() => read(Buffer.from(odc('big', { size: '77777777777' })))).toThrow(
      expect.objectContaining({ code: 'TruncatedStream' }),
    )
  })

  test.each([
    ['a digit that is none', odc('a', { size: '0000000000x' }), 'CorruptStream'],
    ['an 8', odc('a', { size: '00000000008' }), 'CorruptStream'],
    ['a sign', odc('a', { size: '-0000000004' }), 'CorruptStream'],
    ['a name of no bytes', `070707${'0'.repeat(70)}`, 'CorruptStream'],
    ['a magic between the forms', `070703${'0'.repeat(104)}`, 'CorruptStream'],
    ['an end inside of a header', odc('a').slice(0, 50), 'TruncatedStream'],
  ])('with %s is refused', (_what, text, code) => {
    expect(() => read(Buffer.from(text))).toThrow(expect.objectContaining({ code }))
  })
})

test('a cpio cut anywhere before its trailer is truncated', () => {
  const end = zone.newc.indexOf('TRAILER!!!')
  for (let length = 0; length < end + 10; length += 61) {
    expect(() => read(zone.newc.subarray(0, length)), `${length} bytes`).toThrow(
      expect.objectContaining({ code: 'TruncatedStream' }),
    )
  }
})

test('data behind the trailer is corrupt', () => {
  expect(() => read(Buffer.concat([zone.newc, Buffer.from('x')]))).toThrow(
    expect.objectContaining({ code: 'CorruptStream' }),
  )
})

const memberName = fc
  .stringMatching(/^[^\0/]{1,40}$/u)
  .filter((name) => name.isWellFormed() && name !== 'TRAILER!!!')
const anyMember = fc.record({
  path: memberName,
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffffffff }),
  gid: fc.integer({ min: 0, max: 0xffffffff }),
  mtime: fc.integer({ min: 0, max: 0xffffffff }),
  content: fc.uint8Array({ maxLength: 40 }),
})

test('what the writer writes the reader reads back, in any pieces', () => {
  fc.assert(
    fc.property(fc.array(anyMember, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), (wanted, step) => {
      const parts = wanted.flatMap(({ path, permissions, uid, gid, mtime, content }, index) => [
        cpioMember({
          path,
          mode: 0o100000 | permissions,
          uid,
          gid,
          mtime,
          ino: index + 1,
          nlink: 1,
          size: content.length,
        }),
        content,
        cpioPad(content.length),
      ])
      const body = Buffer.concat(parts)
      const bytes = Buffer.concat([body, cpioTrailer(body.length)])
      expect(bytes.length % 512).toBe(0)
      const got = read(bytes, step)
      expect(got).toEqual(
        wanted.map(({ path, permissions, uid, gid, mtime, content }) => ({
          path,
          pathBytes: Buffer.byteLength(path),
          type: 'file',
          mode: permissions,
          uid,
          gid,
          size: content.length,
          mtime,
          content: Buffer.from(content).toString('latin1'),
        })),
      )
    }),
  )
})

test('GNU cpio unpacks what the writer writes, hard links with their data last', () => {
  const file = (path: string, content: string) =>
    Buffer.concat([
      cpioMember({
        path,
        mode: 0o100644,
        uid: 0,
        gid: 0,
        mtime: 1_700_000_000,
        ino: 7,
        nlink: 2,
        size: content.length,
      }),
      Buffer.from(content),
      cpioPad(content.length),
    ])
  const body = Buffer.concat([file('first', ''), file('second', 'shared\n')])
  const archive = Buffer.concat([body, cpioTrailer(body.length)])
  withTree(':', (directory) => {
    shell(directory, 'cpio --quiet -id', archive)
    expect(String(shell(directory, 'cat first; stat -c %h second'))).toBe('shared\n2\n')
  })
})

test('a number beyond 32 bits is a RangeError, not a broken archive', () => {
  const member = { path: 'a', mode: 0o100644, uid: 0, gid: 0, mtime: 0, ino: 1, nlink: 1, size: 2 ** 32 }
  expect(() => cpioMember(member)).toThrow(RangeError)
})
