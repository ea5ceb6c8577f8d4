import { describe, expect, test } from 'vitest'
import { ProvisionError } from '#core/errors.ts'
import { flarFactsOf } from '#core/flar/facts.ts'
import { renderFlarPreamble, type FlarDescription } from '#core/flar/preamble.ts'
import { FlarReader, type FlarPreamble } from '#core/flar/reader.ts'

interface Options {
  step?: number
  maxPreamble?: number
}

function read(flar: string | Uint8Array, { step = 65_536, ...options }: Options = {}) {
  const bytes = Buffer.from(flar as string)
  const found: { preamble?: FlarPreamble; payload: Buffer } = { payload: Buffer.alloc(0) }
  const reader = new FlarReader(
    {
      preamble: (preamble) => (found.preamble = preamble),
      payload: (piece) => (found.payload = Buffer.concat([found.payload, piece])),
    },
    options,
  )
  for (let at = 0; at < bytes.byteLength; at += step) reader.push(bytes.subarray(at, at + step))
  const atEnd = reader.finish()
  if (found.preamble === undefined) throw new Error('the reader told no preamble')
  const { preamble, payload } = found
  const problems = [...preamble.problems, ...atEnd].map(({ severity, message }) => `${severity}: ${message}`)
  return { preamble, payload: payload.toString('latin1'), problems }
}

const identification = ['content_name=web', 'files_compressed_method=none', 'type=FULL']

function flar(
  lines: readonly string[] = identification,
  sections: readonly [name: string, content: string][] = [],
  payload = '070701',
): string {
  const all: (readonly [string, string])[] = [
    ['identification', lines.map((line) => `${line}\n`).join('')],
    ...sections,
  ]
  const text = all.map(([name, content]) => `section_begin=${name}\n${content}section_end=${name}\n`)
  return `FlAsH-aRcHiVe-2.0\n${text.join('')}section_begin=archive\n${payload}`
}

const code = (wanted: string, said: RegExp) =>
  expect.objectContaining({ code: wanted, message: expect.stringMatching(said) })

describe('a flash archive is read', () => {
  test('into its sections and the bytes of its payload, whatever the pieces are', () => {
    const bytes = flar(
      identification,
      [
        ['predeployment', 'begin 644 x\n\nend\n'],
        ['X-site', 'any\nlines\n'],
      ],
      'payload\nsection_end=archive\n\0',
    )
    for (const step of [1, 7, 65_536]) {
      const { preamble, payload, problems } = read(bytes, { step })
      expect(payload).toBe('payload\nsection_end=archive\n\0')
      expect(preamble.version).toEqual({ major: 2, minor: 0 })
      expect(preamble.payloadOffset).toBe(bytes.indexOf('payload\nsection'))
      expect(preamble.sections.map(({ name, content }) => [name, Buffer.from(content).toString()])).toEqual([
        ['identification', identification.map((line) => `${line}\n`).join('')],
        ['predeployment', 'begin 644 x\n\nend\n'],
        ['X-site', 'any\nlines\n'],
      ])
      expect(problems).toEqual([])
    }
  })

  test('with keys in any case, a description of several lines and keys of its own', () => {
    const { preamble, problems } = read(
      flar([
        'Content_Name=web',
        'content_description=first = one',
        'second',
        '',
        'fourth',
        'X-sha256=abc',
        'FILES_COMPRESSED_METHOD=none',
        'type=FULL',
      ]),
    )
    const { values } = preamble.identification
    expect(values.get('content_name')).toBe('web')
    expect(values.get('content_description')).toBe('first = one\nsecond\n\nfourth')
    expect(values.get('x-sha256')).toBe('abc')
    expect(problems).toEqual([])
  })

  test('with a section that has long lines and ones that look like marks', () => {
    const content = `${'s'.repeat(1000)}\nsection_end=other\n section_begin=x\n${'section_begin='.padEnd(300, 'x')}\n`
    for (const step of [1, 13, 65_536]) {
      const { preamble } = read(flar(identification, [['X-a', content]]), { step })
      expect(Buffer.from(preamble.sections[1]?.content ?? []).toString()).toBe(content)
    }
  })

  test('of version 1, which needs no type', () => {
    const bytes = flar(['content_name=old', 'files_compressed_method=none']).replace('-2.0', '-1.0')
    expect(read(bytes).problems).toEqual([])
  })
})

describe('what the installer would stumble over is told in words', () => {
  test.each<[string, string[], RegExp]>([
    ['no type', ['content_name=a', 'files_compressed_method=none'], /^error: .*no type/],
    [
      'a type in small letters',
      ['content_name=a', 'files_compressed_method=none', 'type=full'],
      /^error: type is "full"/,
    ],
    ['no name', ['files_compressed_method=none', 'type=FULL'], /^error: .*no content_name/],
    ['no compression method', ['content_name=a', 'type=FULL'], /^warning: .*refuses to extract/],
    ['a size of 0', [...identification, 'files_archived_size=0'], /^error: files_archived_size is "0"/],
    ['a size in hex', [...identification, 'files_unarchived_size=0x10'], /^error: files_unarchived_size/],
    [
      'a size beyond all',
      [...identification, `files_archived_size=${'9'.repeat(30)}`],
      /^error: files_archived_size/,
    ],
    ['another archiver', [...identification, 'files_archived_method=tar'], /^error: .*expected cpio or pax/],
    ['a date that is none', [...identification, 'creation_date=yesterday'], /^error: creation_date/],
    ['a month that is none', [...identification, 'creation_date=20261301120000'], /^error: creation_date/],
    ['a date before all', [...identification, 'creation_date=19691231235959'], /^error: creation_date/],
    ['a key that only begins as one of yours', [...identification, 'Xsite=a'], /^warning: .*"xsite".* X-/],
    ['an unknown key', [...identification, 'subsections=3'], /^warning: .*subsections/],
    ['a blank before the sign', [...identification, 'creation_master =x'], /^warning: .*no blank/],
    ['a line without key', [...identification, 'hello'], /^error: .*"hello", expected key=value/],
    ['a key that comes twice', [...identification, 'TYPE=DIFFERENTIAL'], /^error: .*"type" twice/],
    [
      'a differential without manifest',
      ['content_name=a', 'files_compressed_method=none', 'type=DIFFERENTIAL'],
      /^warning: .*no manifest/,
    ],
  ])('%s', (_what, lines, said) => {
    expect(read(flar(lines)).problems).toEqual([expect.stringMatching(said)])
  })

  test('sections where it does not look for them', () => {
    const sections: [string, string][] = [
      ['X-site', ''],
      ['predeployment', ''],
      ['reboot', ''],
      ['postdeployment', ''],
      ['reboot', ''],
      ['other', ''],
    ]
    expect(read(flar(identification, sections)).problems).toEqual([
      expect.stringMatching(/predeployment stands behind X-site/),
      expect.stringMatching(/reboot stands behind predeployment/),
      expect.stringMatching(/postdeployment stands behind reboot/),
      expect.stringMatching(/reboot comes twice/),
      expect.stringMatching(/reboot stands behind postdeployment/),
      expect.stringMatching(/other is none that an installer knows/),
    ])
  })

  test('a size that lies', () => {
    const { problems } = read(flar([...identification, 'files_archived_size=7']))
    expect(problems).toEqual(['error: files_archived_size is 7, but the archive section has 6 bytes'])
  })

  test('no more than a hundred of them', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `unknown${index}=x`)
    expect(read(flar([...identification, ...lines])).problems).toHaveLength(101)
  })
})

describe('what is no flash archive is refused', () => {
  test.each<[string, string, ReturnType<typeof code>]>([
    ['another cookie', flar().replace('FlAsH', 'FLASH'), code('CorruptStream', /FLASH-aRcHiVe-2\.0/)],
    ['a cookie with CR', flar().replace('2.0\n', '2.0\r\n'), code('CorruptStream', /\\r/)],
    ['version 3', flar().replace('2.0\n', '3.0\n'), code('CorruptStream', /version 3\.0/)],
    ['no line at all', 'x'.repeat(10_000), code('CorruptStream', /"xxx/)],
    [
      'another first section',
      flar().replaceAll('identification', 'X-first'),
      code('CorruptStream', /expected identification/),
    ],
    [
      'an archive section alone',
      'FlAsH-aRcHiVe-2.0\nsection_begin=archive\nx',
      code('CorruptStream', /expected identification/),
    ],
    [
      'text between sections',
      flar().replace('section_begin=archive', '\nsection_begin=archive'),
      code('CorruptStream', /expected section_begin/),
    ],
    [
      'a section in a section',
      flar(identification, [['X-a', 'section_begin=X-b\n']]),
      code('CorruptStream', /X-a has "section_begin=X-b"/),
    ],
    [
      'a name that leads elsewhere',
      flar(identification, [['X/../../etc', '']]),
      code('CorruptStream', /X\/\.\.\/\.\.\/etc/),
    ],
    [
      'two identifications',
      flar(identification, [['identification', '']]),
      code('CorruptStream', /two identification/),
    ],
    [
      'a section that does not end',
      'FlAsH-aRcHiVe-2.0\nsection_begin=identification\n',
      code('TruncatedStream', /inside of the section "identification"/),
    ],
    [
      'no archive section',
      flar().replace(/section_begin=archive\n.*/, ''),
      code('TruncatedStream', /without an archive section/),
    ],
    ['an empty archive section', flar(identification, [], ''), code('TruncatedStream', /empty/)],
  ])('%s', (_what, bytes, refused) => {
    expect(() => read(bytes)).toThrow(refused)
    expect(() => read(bytes, { step: 3 })).toThrow(refused)
  })

  test('more text in front than is allowed', () => {
    const bytes = flar(identification, [['X-a', `${'x'.repeat(5000)}\n`]])
    expect(() => read(bytes, { maxPreamble: 4000 })).toThrow(code('TooManyBytes', /more than 4000 bytes/))
  })

  test('an identification that takes long to look at', () => {
    const lines = [...identification, `X-a=${'x'.repeat(256 * 1024)}`]
    expect(() => read(flar(lines))).toThrow(code('TooManyBytes', /identification has more than 262144/))
  })

  test('more sections than anybody has', () => {
    const many = Array.from({ length: 1001 }, (_, index): [string, string] => [`X-${index}`, ''])
    expect(() => read(flar(identification, many))).toThrow(code('CorruptStream', /1000 sections/))
  })
})

describe('what is written is read back', () => {
  const description: FlarDescription = {
    contentName: 'web "1" = größe',
    archiver: 'pax',
    compression: 'compress',
    type: 'FULL',
    archivedSize: 104_857_600,
    unarchivedSize: 204_800_000,
    created: Date.UTC(2026, 2, 1, 12, 0, 0) / 1000,
    master: 'golden1',
    contentType: 'server',
    description: 'one = 1\ntwo\n\nfour',
    author: 'root',
    architectures: ['i86pc', 'sun4v'],
    uname: { node: 'golden1', processor: 'i386', release: '5.10', osName: 'SunOS' },
    own: [['X-sha256', 'abc']],
  }

  test('with its sections in the order of the installer', async () => {
    const content = Buffer.from('x')
    const preamble = renderFlarPreamble(description, [
      { name: 'X-site', content },
      { name: 'reboot', content },
      { name: 'manifest', content: Buffer.alloc(0) },
      { name: 'predeployment', content },
    ])
    await expect(Buffer.from(preamble).toString()).toMatchFileSnapshot('../../fixtures/flar/preamble.txt')
    const { preamble: back, problems } = read(Buffer.concat([preamble, Buffer.from([0x1f, 0x9d, 0x90])]))
    expect(problems).toEqual([
      'warning: the archive has a manifest section, but is not DIFFERENTIAL',
      expect.stringMatching(/^error: files_archived_size is 104857600, but .* 3 bytes/),
    ])
    expect(back.payloadOffset).toBe(preamble.byteLength)
    expect(back.identification.values.get('content_description')).toBe(description.description)
    expect(flarFactsOf(back, Buffer.from([0x1f, 0x9d]))).toEqual({
      contentName: 'web "1" = größe',
      archiver: 'pax',
      payloadCompression: 'compress',
      type: 'FULL',
      creationMaster: 'golden1',
      architectures: ['i86pc', 'sun4v'],
    })
  })

  test.each<[string, Partial<FlarDescription>]>([
    ['a name of two lines', { contentName: 'a\ntype=DIFFERENTIAL' }],
    ['no name', { contentName: '' }],
    ['a long name', { contentName: 'x'.repeat(257) }],
    ['a description whose second line is a key', { description: 'a\ntype=DIFFERENTIAL' }],
    ['a key of its own that is none', { own: [['type', 'FULL']] }],
    ['a key of its own without X-', { own: [['Xsite', 'a']] }],
    ['a key of its own with a line break', { own: [['X-a\nX-b', 'c']] }],
    ['a size of 0', { archivedSize: 0 }],
    ['a date before 1970', { created: -1 }],
    ['a master with CR', { master: 'a\r' }],
  ])('%s is refused', (_what, change) => {
    expect(() => renderFlarPreamble({ ...description, ...change })).toThrow(code('FlarInvalid', /expected/))
  })

  test.each([
    ['that ends itself', 'a\nsection_end=X-a\n'],
    ['that begins another', 'section_begin=X-b\n'],
  ])('a section %s is refused', (_what, text) => {
    const section = { name: 'X-a', content: Buffer.from(text) }
    expect(() => renderFlarPreamble(description, [section])).toThrow(code('FlarInvalid', /X-a has a line/))
  })
})

describe('the facts of an archive', () => {
  const factsOf = (lines: readonly string[], payload: string) => {
    try {
      return flarFactsOf(read(flar(lines, [], payload)).preamble, Buffer.from(payload, 'latin1'))
    } catch (error) {
      return error instanceof ProvisionError ? `${error.code}: ${error.message}` : error
    }
  }

  test('are cpio without words', () => {
    expect(factsOf(identification, '070701')).toEqual({
      contentName: 'web',
      archiver: 'cpio',
      payloadCompression: 'none',
      type: 'FULL',
      architectures: [],
    })
  })

  test.each<[string, string[], string, RegExp]>([
    [
      'keys that say plain of a compressed payload',
      identification,
      '\x1f\x9d\x90',
      /^FlarInvalid: .*is compressed/,
    ],
    [
      'keys that say pax of a cpio',
      [...identification, 'files_archived_method=pax'],
      '070701',
      /^FlarInvalid: .*a plain cpio/,
    ],
    ['a payload that is nothing', identification, '\0\0\0\0', /^FlarInvalid: .*zeros/],
    ['a root pool', [...identification, 'rootpool=rpool'], '070701', /^FlarInvalid: .*ZFS root pool/],
    ['an error of the identification', ['type=FULL'], '070701', /^FlarInvalid: .*content_name/],
    [
      'a master of a thousand letters',
      [...identification, `creation_master=${'x'.repeat(1000)}`],
      '070701',
      /^FlarInvalid: .*creationMaster/,
    ],
    [
      'too many architectures',
      [...identification, `content_architectures=${'a,'.repeat(100)}`],
      '070701',
      /^FlarInvalid: .*architectures/,
    ],
  ])('are refused for %s', (_what, lines, payload, said) => {
    expect(factsOf(lines, payload)).toEqual(expect.stringMatching(said))
  })
})
