// Fletcher-4 as a WebAssembly module of some 400 bytes, assembled here: 64-bit integers in registers are what JavaScript lacks.
// Memory page 0 holds the four sums, page 1 the words that are being added.
import type { AddWords } from './fletcher4-plain.ts'

/** What this file uses of WebAssembly; the type library for programs without a browser lacks it. */
interface Platform {
  WebAssembly?: {
    Module: new (bytes: Uint8Array) => object
    Instance: new (module: object) => { exports: Exports }
  }
}
interface Exports {
  memory: { buffer: ArrayBuffer }
  /** adds the words from byte 65536 to before byte `end` */
  little: (this: void, end: number) => void
  big: (this: void, end: number) => void
}

const PAGE = 65_536
const UNROLLED = 8

/** `\0asm`, version 1 */
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const I32 = 0x7f
const I64 = 0x7e
const VOID = 0x40
/** the instructions that the inner loop needs, with their alignment where they have one */
const op = {
  block: [0x02, VOID],
  loop: [0x03, VOID],
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  drop: 0x1a,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  loadWord: [0x28, 2],
  loadSum: [0x29, 3],
  storeSum: [0x37, 3],
  isGreater: 0x4b,
  add: 0x6a,
  and: 0x71,
  or: 0x72,
  rotateLeft: 0x77,
  addLong: 0x7c,
  extend: 0xad,
} as const
/** locals: the parameter, the place, a word, and the sums a to d */
const [END, PLACE, WORD, A] = [0, 1, 2, 3] as const
const SUMS = [0, 1, 2, 3] as const

/** The checksum's inner loop in WebAssembly, or undefined where there is none or it is forbidden. */
export function assembleFletcher4(platform: Platform = globalThis as Platform): AddWords | undefined {
  try {
    const { WebAssembly } = platform
    if (WebAssembly === undefined) return undefined
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()))
    const memory = new Uint8Array(exports.memory.buffer)
    const stored = memory.subarray(0, 32)
    return (sums, words, littleEndian) => {
      const add = littleEndian ? exports.little : exports.big
      stored.set(sums)
      for (let at = 0; at < words.byteLength; at += PAGE) {
        const piece = words.byteLength <= PAGE ? words : words.subarray(at, at + PAGE)
        memory.set(piece, PAGE)
        add(PAGE + piece.byteLength)
      }
      sums.set(stored)
    }
  } catch {
    return undefined
  }
}

function moduleBytes(): Uint8Array {
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, [1, 0x60, 1, I32, 0]), // one type: (i32) → ()
    ...section(3, [2, 0, 0]), // two functions of it
    ...section(5, [1, 0, 2]), // a memory of two pages
    ...section(7, [3, ...text('memory'), 2, 0, ...text('little'), 0, 0, ...text('big'), 0, 1]),
    ...section(10, [2, ...sized(addFunction(false)), ...sized(addFunction(true))]),
  ])
}

function addFunction(swap: boolean): number[] {
  const locals = [2, 2, I32, 4, I64]
  const load = SUMS.flatMap((sum) => [...i32(0), ...op.loadSum, ...leb(8 * sum), op.set, A + sum])
  const store = SUMS.flatMap((sum) => [...i32(0), op.get, A + sum, ...op.storeSum, ...leb(8 * sum)])
  const start = [...i32(PAGE), op.set, PLACE]
  return [...locals, ...load, ...start, ...loop(UNROLLED, swap), ...loop(1, swap), ...store, op.end]
}

/** While place + 4 · words <= end: adds that many words. */
function loop(words: number, swap: boolean): number[] {
  const after = [op.get, PLACE, ...i32(4 * words), op.add]
  const leave = [...after, op.get, END, op.isGreater, op.branchIf, 1]
  const adding = Array.from({ length: words }, (_, index) => addWord(4 * index, swap)).flat()
  const again = [...after, op.set, PLACE, op.branch, 0]
  return [...op.block, ...op.loop, ...leave, ...adding, ...again, op.end, op.end]
}

/** a += word; b += a; c += b; d += c */
function addWord(offset: number, swap: boolean): number[] {
  const word = [op.get, PLACE, ...op.loadWord, ...leb(offset), ...(swap ? swapBytes() : []), op.extend]
  return [...word, ...SUMS.flatMap((sum) => [op.get, A + sum, op.addLong, op.tee, A + sum]), op.drop]
}

/** (word rotl 8 & 0x00ff00ff) | (word rotl 24 & 0xff00ff00) */
function swapBytes(): number[] {
  const odd = [op.tee, WORD, ...i32(8), op.rotateLeft, ...i32(0x00ff00ff), op.and]
  const even = [op.get, WORD, ...i32(24), op.rotateLeft, ...i32(0xff00ff00 | 0), op.and]
  return [...odd, ...even, op.or]
}

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)]
}

function sized(content: number[]): number[] {
  return [...leb(content.length), ...content]
}

function text(name: string): number[] {
  return [name.length, ...Array.from(name, (character) => character.charCodeAt(0))]
}

/** a constant on the stack */
function i32(value: number): number[] {
  return [0x41, ...signedLeb(value)]
}

/** unsigned LEB128 */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]
}

/** signed LEB128 */
function signedLeb(value: number): number[] {
  const isLast = value >= -64 && value < 64
  return isLast ? [value & 127] : [(value & 127) | 128, ...signedLeb(value >> 7)]
}
