import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { LzwDecoder } from '#core/archive/lzw.ts'
import { ProvisionError } from '#core/errors.ts'
import { Random } from '#test/fuzz/random.ts'
import { LZW_TABLE, lzwBomb } from '#test/lzw-bomb.ts'

function decode(bytes: Uint8Array, step = 65_536): Buffer {
  const decoder = new LzwDecoder()
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += step)
    pieces.push(...decoder.push(bytes.subarray(at, at + step)))
  decoder.finish()
  return Buffer.concat(pieces)
}

const corrupt = expect.objectContaining({ code: 'CorruptStream' })
const hasCompress = spawnSync('compress', ['-V']).error === undefined

function compress(input: Uint8Array, ...options: string[]): Buffer {
  const { stdout, stderr, status } = spawnSync('compress', ['-f', '-c', ...options], {
    input,
    maxBuffer: 256 * 1024 * 1024,
  })
  // 2: it became larger, which -f allows
  if (status !== 0 && status !== 2) throw new Error(`compress ended with ${status}: ${String(stderr)}`)
  return stdout
}

/** Text of few words, noise, runs, and turns from one to the other, which make compress empty its table. */
function generate(random: Random): Buffer {
  const parts: Buffer[] = []
  for (let left = 1 + random.below(6); left > 0; left--) {
    const size = random.chance(4) ? random.below(300_000) : random.below(5000)
    const kind = random.below(4)
    const words = Array.from({ length: 20 }, () => String(random.u32()))
    parts.push(
      kind === 0
        ? Buffer.alloc(size, random.below(256))
        : kind === 1
          ? Buffer.from(Array.from({ length: size }, () => random.below(256)))
          : kind === 2
            ? Buffer.from(Array.from({ length: size / 8 }, () => random.pick(words) ?? '').join(' '))
            : Buffer.from(Array.from({ length: size }, () => 97 + random.below(3))),
    )
  }
  return Buffer.concat(parts)
}

describe.skipIf(!hasCompress)('what the program compress makes comes back', () => {
  test('of 40 generated inputs, with codes of 10 to 16 bits, in any pieces', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const input = generate(random)
      // with -b 9 the program makes what it cannot read itself
      const bits = 10 + random.below(7)
      const compressed = compress(input, '-b', String(bits))
      const step = random.chance(3) ? 1 + random.below(50) : 65_536
      const output = decode(compressed, step)
      expect(Buffer.compare(output, input), `seed ${seed}, ${bits} bits, pieces of ${step}`).toBe(0)
    }
  })

  test('of a stream that makes it empty its table many times', () => {
    const random = new Random(7)
    const blocks = Array.from({ length: 16 }, (_, index) => {
      const noise = () => (index % 2 === 0 ? random.below(256) : 97 + random.below(2))
      return Buffer.from(Array.from({ length: 60_000 }, noise))
    })
    const input = Buffer.concat(blocks)
    for (const bits of ['10', '12', '16'])
      expect(Buffer.compare(decode(compress(input, '-b', bits)), input), `${bits} bits`).toBe(0)
  })

  test('of nothing, of one byte, and of two', () => {
    for (const text of ['', 'a', 'aa']) expect(decode(compress(Buffer.from(text))).toString()).toBe(text)
  })
})

/** Codes as they are, in one width: at most 255 of them. */
function codes(flags: number, list: readonly number[], bits = 9): Buffer {
  const bytes: number[] = [0x1f, 0x9d, flags]
  let held = 0
  let count = 0
  for (const code of list) {
    held |= code << count
    count += bits
    for (; count >= 8; count -= 8, held >>>= 8) bytes.push(held & 0xff)
  }
  if (count > 0) bytes.push(held & 0xff)
  return Buffer.from(bytes)
}

const BLOCK_16 = 0x90

test('a code that is its own next entry repeats its first byte', () => {
  expect(decode(codes(BLOCK_16, [97, 257, 258])).toString()).toBe('aaaaaa')
})

test('without block mode, code 256 is an entry like others', () => {
  expect(decode(codes(0x10, [97, 98, 256])).toString()).toBe('abab')
})

test('CLEAR empties the table, and the rest of its group of eight codes is skipped', () => {
  const first = codes(BLOCK_16, [97, 257, 256, 0, 0, 0, 0, 0])
  const second = codes(BLOCK_16, [98, 257]).subarray(3)
  expect(decode(Buffer.concat([first, second])).toString()).toBe('aaabbb')
})

test.each([
  ['a first code that is no byte', codes(BLOCK_16, [300])],
  ['a code beyond the table', codes(BLOCK_16, [97, 300])],
  ['CLEAR as the first code', codes(BLOCK_16, [256])],
  [
    'a code after CLEAR that the table no longer has',
    Buffer.concat([codes(BLOCK_16, [97, 257, 256, 0, 0, 0, 0, 0]), codes(0, [257]).subarray(3)]),
  ],
  ['another magic', Buffer.from('1f8b0800', 'hex')],
  ['codes of 8 bits', codes(0x88, [97])],
  ['codes of 17 bits', codes(0x91, [97])],
  ['flags that nobody has set yet', codes(0xb0, [97])],
])('%s is corrupt', (_what, bytes) => {
  expect(() => decode(bytes)).toThrow(corrupt)
})

test('a header that is cut is truncated', () => {
  for (const length of [0, 1, 2])
    expect(() => decode(codes(BLOCK_16, []).subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'TruncatedStream' }),
    )
})

test('a bomb comes out piece by piece: who stops reading stops it', () => {
  const decoder = new LzwDecoder()
  let [pieces, most] = [0, 0]
  for (const piece of decoder.push(lzwBomb(LZW_TABLE))) {
    pieces += 1
    most = Math.max(most, piece.byteLength)
    if (pieces === 1000) break
  }
  expect({ pieces, most }).toEqual({ pieces: 1000, most: 65_536 })
})

test('whatever bytes are behind the header, there is a refusal or an end', () => {
  const ends = Array.from({ length: 400 }, (_, seed) => {
    const random = new Random(seed)
    const noise = Array.from({ length: random.below(400) }, () => random.below(random.pick([4, 256])))
    const flags = random.pick([0x89, 0x8c, 0x90, 0x10])
    try {
      decode(Buffer.from([0x1f, 0x9d, flags, ...noise]))
      return 'end'
    } catch (error) {
      return error instanceof ProvisionError ? error.code : String(error)
    }
  })
  expect(new Set(ends)).toEqual(new Set(['end', 'CorruptStream']))
})
