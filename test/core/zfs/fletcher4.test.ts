import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addWords } from '#core/zfs/fletcher4-plain.ts'
import { assembleFletcher4 } from '#core/zfs/fletcher4-wasm.ts'
import { Fletcher4 } from '#core/zfs/fletcher4.ts'

/** The definition, word by word. */
function naive(bytes: Uint8Array, littleEndian: boolean): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [a, b, c, d] = [0n, 0n, 0n, 0n]
  for (let at = 0; at < bytes.length; at += 4) {
    a = BigInt.asUintN(64, a + BigInt(view.getUint32(at, littleEndian)))
    b = BigInt.asUintN(64, b + a)
    c = BigInt.asUintN(64, c + b)
    d = BigInt.asUintN(64, d + c)
  }
  return [a, b, c, d]
}

const wasm = assembleFletcher4()
if (wasm === undefined) throw new Error('this platform has WebAssembly')

describe.each([
  ['WebAssembly', wasm],
  ['the plain form', addWords],
])('fletcher-4 by %s', (_name, add) => {
  test.each([true, false])(
    'equals the definition, little-endian %s, in pieces of any size',
    (littleEndian) => {
      const words = fc.uint8Array({ maxLength: 1000 }).map((bytes) => bytes.subarray(0, bytes.length & ~3))
      fc.assert(
        fc.property(words, fc.array(fc.integer({ min: 1, max: 77 }), { minLength: 1 }), (bytes, steps) => {
          const sum = new Fletcher4(littleEndian, add)
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const step = steps[turn % steps.length] ?? 1
            sum.update(bytes.subarray(at, at + step))
            at += step
          }
          expect(sum.value()).toEqual(naive(bytes, littleEndian))
        }),
      )
    },
  )

  test('sums wrap at 64 bits, over more than one page of memory', () => {
    const bytes = new Uint8Array(300_004).fill(0xff)
    const sum = new Fletcher4(true, add)
    sum.update(bytes)
    expect(sum.value()).toEqual(naive(bytes, true))
  })
})

test('without WebAssembly, or where it is forbidden, there is no module', () => {
  expect(assembleFletcher4({})).toBeUndefined()
  class Forbidden {
    constructor() {
      throw new Error('code generation is disallowed')
    }
  }
  expect(
    assembleFletcher4({ WebAssembly: { Module: Forbidden, Instance: Forbidden as never } }),
  ).toBeUndefined()
})
