import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Member, MemberSink } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { craftTar, paxRecord, shell, withTree, zoneTree } from '#test/archives.ts'

class Collected implements MemberSink {
  readonly members: (Omit<Member, 'raw'> & { content: string })[] = []
  begin({ raw: _raw, ...member }: Member): void {
    this.members.push({ ...member, content: '' })
  }
  data(bytes: Uint8Array): void {
    const last = this.members.at(-1)
    if (last) last.content += Buffer.from(bytes).toString('latin1')
  }
  end(): void {}
}

function read(bytes: Uint8Array, step = 65_536) {
  const sink = new Collected()
  const reader = new TarReader(sink)
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  reader.finish()
  return sink.members
}

const zone = withTree(zoneTree, (directory) => ({
  gnu: shell(directory, 'tar --format=gnu -cf - .'),
  posix: shell(directory, 'tar --format=posix -cf - .'),
  ustar: shell(directory, "tar --format=ustar --exclude='nn*' --exclude='link-*' -cf - etc usr var"),
  v7: shell(directory, "tar --format=v7 --exclude='nn*' --exclude='link-*' --exclude=pipe -cf - etc usr var"),
  bsdpax: shell(directory, 'bsdtar --format=pax -cf - .'),
  bsdgnu: shell(directory, 'bsdtar --format=gnutar -cf - .'),
}))

describe('archives of real programs', () => {
  test.each(Object.entries(zone))('%s has every file with its type, mode and contents', (_format, bytes) => {
    const byPath = new Map(read(bytes).map((member) => [member.path.replace(/^\.\//, ''), member]))
    expect(byPath.get('etc/shadow')).toMatchObject({
      type: 'file',
      mode: 0o600,
      content: 'secret\n',
      size: 7,
    })
    expect(byPath.get('usr/bin/su')).toMatchObject({ mode: 0o4755 })
    expect(byPath.get('etc/absolute')).toMatchObject({ type: 'symlink', link: '/usr/bin/su' })
    expect(byPath.get('var/tmp/')?.mode).toBe(0o1777)
    expect(byPath.has('etc/ünï côdé')).toBe(true)
    const linked = [byPath.get('etc/hostname'), byPath.get('etc/nodename')]
    expect(new Set(linked.map((member) => member?.type))).toEqual(new Set(['file', 'hardlink']))
  })

  test.each(['gnu', 'posix', 'bsdpax', 'bsdgnu'] as const)(
    '%s keeps names and links of 400 bytes',
    (format) => {
      const long = `${'n'.repeat(200)}/${'n'.repeat(200)}`
      const members = read(zone[format])
      expect(members.find((member) => member.path.endsWith(long))?.content).toBe('long\n')
      expect(members.find((member) => member.link === long)?.path).toContain('link-n')
    },
  )

  test('the same members come out whatever the pieces are', () => {
    const whole = read(zone.posix)
    for (const step of [1, 7, 511, 512, 513, 4096]) expect(read(zone.posix, step)).toEqual(whole)
  })

  test('a uid, a size and a time beyond octal are read', () => {
    const members = withTree('truncate -s 1M big; touch -d 1960-01-01 big', (directory) =>
      read(shell(directory, 'tar --format=gnu --owner=:3000000 --mtime=1960-01-01UTC -cf - big')),
    )
    expect(members[0]).toMatchObject({ uid: 3_000_000, size: 1_048_576, mtime: -315_619_200 })
  })

  test.each([
    ['2023-11-14T22:13:20.999999999Z', 1_700_000_000, 999_999_999],
    ['2023-11-14T22:13:20.000000001Z', 1_700_000_000, 1],
    ['1969-12-31T23:59:58.75Z', -2, 750_000_000],
    ['2023-11-14T22:13:20Z', 1_700_000_000, undefined],
  ])('pax keeps the nanoseconds of %s', (date, mtime, mtimeNsec) => {
    const members = withTree(`touch -d ${date} file`, (directory) =>
      read(shell(directory, 'tar --format=posix -cf - file')),
    )
    expect(members[0]).toMatchObject({ mtime })
    expect(members[0]?.mtimeNsec).toBe(mtimeNsec)
  })

  test('sparse files are refused by name', () => {
    const sparse = (flags: string) =>
      withTree('truncate -s 1M hole', (directory) => shell(directory, `tar ${flags} -Scf - hole`))
    for (const flags of ['--format=gnu', '--format=posix']) {
      expect(() => read(sparse(flags))).toThrow(
        expect.objectContaining({ code: 'SparseEntry', message: expect.stringContaining('hole') }),
      )
    }
  })

  test('names that are not UTF-8 stay apart', () => {
    const names = withTree("printf x > $(printf 'a\\351'); printf y > $(printf 'a\\350')", (directory) =>
      read(shell(directory, 'tar --format=gnu -cf - a*')).map((member) => member.path),
    )
    expect(names.toSorted()).toEqual(['a\\xE8', 'a\\xE9'])
  })
})

describe('what an installer must not take', () => {
  test('a tar cut at any 512th byte is truncated, never complete', () => {
    const { ustar } = zone
    const end = ustar.length - (10240 - (ustar.length % 10240 || 10240))
    for (let length = 0; length < end; length += 512) {
      const cut = ustar.subarray(0, length)
      const trailing = ustar.subarray(length).every((byte) => byte === 0) ? length : 0
      if (trailing > 0 && ustar.subarray(length - 1024, length).every((byte) => byte === 0)) continue
      expect(() => read(cut), `${length} of ${end} bytes`).toThrow(
        expect.objectContaining({ code: 'TruncatedStream' }),
      )
    }
  })

  test('a flipped bit in a header is corrupt', () => {
    const tar = craftTar([{ name: 'a', content: 'x' }])
    tar[3] = 1
    expect(() => read(tar)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('a time of a million digits is corrupt', () => {
    for (const value of [`5.${'0'.repeat(900_000)}`, `1700000000.${'9'.repeat(40)}`]) {
      const extra = { name: 'x', typeflag: 'x', content: paxRecord('mtime', value) }
      expect(() => read(craftTar([extra, { name: 'file' }]))).toThrow(
        expect.objectContaining({ code: 'CorruptStream' }),
      )
    }
  })

  test('a second archive behind the first is corrupt', () => {
    const one = withTree('echo > a', (directory) => shell(directory, 'tar -cf - a'))
    expect(() => read(Buffer.concat([one, one]))).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('rubbish behind the trailer within the last record is what old tars leave', () => {
    const tar = Buffer.concat([craftTar([{ name: 'a' }]), Buffer.alloc(10240 - 1536, 'x')])
    expect(read(tar)).toHaveLength(1)
  })

  test('a single block of zeros before more entries is corrupt', () => {
    const [a, b] = ['a', 'b'].map((name) => craftTar([{ name }]).subarray(0, 512))
    const tar = Buffer.concat([a ?? '', Buffer.alloc(512), b ?? '', Buffer.alloc(1024)] as Buffer[])
    expect(() => read(tar)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('the size that Solaris tar writes into hard links is not data', () => {
    const members = read(
      craftTar([
        { name: 'a', content: 'x' },
        { name: 'b', typeflag: '1', linkname: 'a', size: 1 },
        { name: 'c' },
      ]),
    )
    expect(members.map(({ path, type }) => `${path} ${type}`)).toEqual(['a file', 'b hardlink', 'c file'])
  })

  test('global pax headers hold for every entry after them', () => {
    const members = read(
      craftTar([
        { name: 'g', typeflag: 'g', content: paxRecord('path', '../../etc/passwd') },
        { name: 'innocent' },
      ]),
    )
    expect(members[0]?.path).toBe('../../etc/passwd')
  })

  test.each([
    ['a length beyond the header', '999 path=a\n'],
    ['no length', 'path=a\n'],
    ['no equals sign', '9 pathxa\n'],
    ['a size that is no number', paxRecord('size', '1e3')],
  ])('a pax record with %s is corrupt', (_what, content) => {
    const tar = craftTar([{ name: 'x', typeflag: 'x', content }, { name: 'a' }])
    expect(() => read(tar)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('an extended header of gigabytes is refused before it is kept', () => {
    const tar = craftTar([{ name: 'x', typeflag: 'x', size: 2 ** 32 }])
    expect(() => read(tar)).toThrow(expect.objectContaining({ code: 'CorruptStream' }))
  })

  test('any bytes end in members or in a refusal, never in another failure', () => {
    const blocks = fc.array(
      fc.oneof(
        fc.uint8Array({ minLength: 512, maxLength: 512 }),
        fc.constant(craftTar([{ name: 'a', content: 'b' }])),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 600 }), (parts, step) => {
        try {
          read(Buffer.concat(parts), step)
          return true
        } catch (error) {
          return (error as { kind?: string }).kind === 'invalid'
        }
      }),
    )
  })
})
