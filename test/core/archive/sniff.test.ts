import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeUnknown, sniffCompression, sniffFormat } from '#core/archive/sniff.ts'
import { craftTar, shell } from '#test/archives.ts'

test.each([
  ['gzip', 'gzip -c'],
  ['bzip2', 'bzip2 -c'],
  ['xz', 'xz -c'],
  ['zstd', 'zstd -qc'],
  ['none', 'cat'],
])('%s is known by what its program writes', (compression, command) => {
  expect(sniffCompression(shell('/', command, Buffer.from('zone')))).toBe(compression)
})

test.each(['070701', '070702', '070707'])('%s begins a cpio', (magic) => {
  expect(sniffFormat(Buffer.from(`${magic}000000`))).toBe('cpio')
})

test('a flash archive is known by its cookie, in its very case', () => {
  expect(sniffFormat(Buffer.from('FlAsH-aRcHiVe-2.0\n'))).toBe('flar')
  expect(sniffFormat(Buffer.from('flash-archive-2.0\n'))).toBeUndefined()
})

test('a skippable frame, with which pzstd begins, is zstd', () => {
  expect(sniffCompression(Buffer.from('502a4d1804000000', 'hex'))).toBe('zstd')
})

test.each([
  ['a cpio in the old binary format', '\xc7\x71\0\0', /old binary/],
  ['a flar with another first line', 'FlAsH-ArChIvE-2.0\n', /flash archive whose first line/],
  ['an HTML page', '<!DOCTYPE html>', /HTML/],
  ['a stream compressed twice', '\x1f\x8b\x08', /compressed twice/],
  ['nothing', '', /empty/],
])('%s is named in the refusal', (_what, head, said) => {
  const bytes = Buffer.from(head, 'latin1')
  expect(sniffFormat(bytes)).toBeUndefined()
  expect(describeUnknown(bytes)).toMatch(said)
})

test('a tar needs its checksum, not its magic', () => {
  const tar = craftTar([{ name: 'a' }])
  expect(sniffFormat(tar)).toBe('tar')
  tar[0] = 0x62
  expect(sniffFormat(tar)).toBeUndefined()
})

test('sniffing never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      sniffCompression(bytes)
      sniffFormat(bytes)
      expect(describeUnknown(bytes)).toMatch(/./)
    }),
  )
})
