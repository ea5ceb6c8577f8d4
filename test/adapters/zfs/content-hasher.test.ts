import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'

const FILE = 5

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function write(hasher: ContentHasher, offset: number, bytes: Uint8Array, object = FILE): void {
  const length = bytes.byteLength
  const extent = { offset, length, source: 0, position: 0, stored: length, compression: 0, logical: length }
  if (!hasher.block(object, extent)) return
  for (let at = 0; at < length; at += 100) hasher.data(object, offset + at, bytes.subarray(at, at + 100))
}

function newFile(size: number, limits = {}): ContentHasher {
  const hasher = new ContentHasher(limits)
  hasher.empty(FILE)
  hasher.file(FILE, size)
  return hasher
}

const filled = (length: number, byte = 7) => Buffer.alloc(length, byte)

test('blocks in order, with what is not written as zeros, and what is behind the size left out', () => {
  const hasher = newFile(5000)
  write(hasher, 1024, filled(1024))
  write(hasher, 3072, filled(1024, 8))
  write(hasher, 4096, filled(1024, 9))
  const expected = Buffer.concat([
    Buffer.alloc(1024),
    filled(1024),
    Buffer.alloc(1024),
    filled(1024, 8),
    filled(904, 9),
  ])
  expect(hasher.digestOf(FILE)).toBe(sha256(expected))
  expect([...hasher.unhashed()]).toEqual([])
})

test.each([0, 1, 600_000])('a file of %s bytes of which none were written is zeros', (size) => {
  expect(newFile(size).digestOf(FILE)).toBe(sha256(Buffer.alloc(size)))
})

test('what is no file, or was forgotten, has no digest', () => {
  const hasher = newFile(10)
  hasher.empty(6)
  write(hasher, 0, filled(512), 6)
  expect(hasher.digestOf(6)).toBeUndefined()
  hasher.forget(0, Infinity)
  expect(hasher.digestOf(FILE)).toBeUndefined()
  expect([...hasher.unhashed()]).toEqual([])
})

describe('a file is to be read again', () => {
  test.each<[string, (hasher: ContentHasher) => void]>([
    ['when its blocks go backwards', (hasher) => [1024, 512].forEach((at) => write(hasher, at, filled(512)))],
    ['when a block of it is a copy', (hasher) => hasher.copy(FILE, 0, 512)],
    [
      'when bytes that were hashed are freed',
      (hasher) => {
        write(hasher, 0, filled(1024))
        hasher.hole(FILE, 512, 512)
      },
    ],
  ])('%s', (_when, act) => {
    const hasher = newFile(2048)
    act(hasher)
    expect(hasher.digestOf(FILE)).toBeUndefined()
    expect([...hasher.unhashed()]).toEqual([FILE])
  })

  test('when it goes on after others took its place', () => {
    const hasher = newFile(2048, { maxOpen: 2 })
    write(hasher, 0, filled(512))
    for (const other of [6, 7]) {
      hasher.empty(other)
      hasher.file(other, 2048)
      write(hasher, 0, filled(512), other)
    }
    write(hasher, 512, filled(512))
    expect([...hasher.unhashed()]).toEqual([FILE])
    expect(hasher.digestOf(6)).toBe(sha256(Buffer.concat([filled(512), Buffer.alloc(1536)])))
  })

  test('when it has more zeros than it is worth to hash', () => {
    expect([...newFile(2 ** 62).unhashed()]).toEqual([FILE])
    expect([...newFile(2048, { maxHoleBytes: 2047 }).unhashed()]).toEqual([FILE])
    const limits = { freeZeroBytes: 1000, zerosPerByte: 2 }
    expect([...newFile(1001, limits).unhashed()]).toEqual([FILE])
    const hasher = newFile(2000, limits)
    write(hasher, 0, filled(512))
    expect(hasher.digestOf(FILE)).toBe(sha256(Buffer.concat([filled(512), Buffer.alloc(1488)])))
  })
})

test('zeros that are too many for one turn wait, and what follows them waits behind', async () => {
  const hasher = newFile(4000, { maxZerosAtOnce: 500 })
  write(hasher, 0, filled(512))
  write(hasher, 2048, filled(512, 8))
  await hasher.settle()
  write(hasher, 2560, filled(512, 9))
  expect(hasher.digestOf(FILE)).toBeUndefined()
  await hasher.settleAll()
  const parts = [filled(512), Buffer.alloc(1536), filled(512, 8), filled(512, 9), Buffer.alloc(928)]
  expect(hasher.digestOf(FILE)).toBe(sha256(Buffer.concat(parts)))
  expect([...hasher.unhashed()]).toEqual([])
})

test('zeros of a hundred megabytes leave others their turn', async () => {
  const hasher = newFile(100 * 2 ** 20, { maxHoleBytes: Infinity, maxZerosAtOnce: 2 ** 20 })
  let turns = 0
  let isSettled = false
  const count = () => {
    turns += 1
    if (!isSettled) setImmediate(count)
  }
  setImmediate(count)
  await hasher.settleAll()
  isSettled = true
  expect(turns).toBeGreaterThan(5)
  expect(hasher.digestOf(FILE)).toBe('20492a4d0d84f8beb1767f6616229f85d44c2827b64bdbfb260ee12fa1109e0e')
})

const SIZE = 2048
const blocks = fc.integer({ min: 0, max: 3 })
const steps = fc.array(
  fc.oneof(
    fc.record({ write: blocks, byte: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ free: blocks, count: fc.oneof(blocks, fc.constant(Infinity)) }),
    fc.record({ size: fc.integer({ min: 0, max: SIZE }), empty: fc.boolean() }),
    fc.record({ ask: fc.constant(true) }),
    fc.record({ settle: fc.constant(true) }),
  ),
  { maxLength: 20 },
)

test.each([
  ['at once', {}],
  ['in turns', { maxZerosAtOnce: 700 }],
])(
  'zeros %s: whatever is written, freed and resized, a digest that is told is the right one',
  async (_how, limits) => {
    let told = 0
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const hasher = newFile(SIZE, limits)
        const model = Buffer.alloc(SIZE)
        let size = SIZE
        for (const step of all) {
          if ('write' in step) {
            write(hasher, step.write * 512, filled(512, step.byte))
            model.fill(step.byte, step.write * 512, step.write * 512 + 512)
          } else if ('free' in step) {
            hasher.hole(FILE, step.free * 512, step.count * 512)
            model.fill(0, step.free * 512, Math.min(SIZE, (step.free + step.count) * 512))
          } else if ('size' in step) {
            size = step.size
            if (step.empty) {
              hasher.empty(FILE)
              model.fill(0)
            }
            hasher.file(FILE, size)
          } else if ('settle' in step) await hasher.settle()
          else hasher.digestOf(FILE)
        }
        await hasher.settleAll()
        const digest = hasher.digestOf(FILE)
        if (digest === undefined) return
        told += 1
        expect(digest).toBe(sha256(model.subarray(0, size)))
      }),
      { numRuns: 3000 },
    )
    expect(told).toBeGreaterThan(300)
  },
)
