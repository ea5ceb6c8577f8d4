// Decodes the 512-byte header of a tar member: V7, POSIX ustar and GNU (pax Interchange Format, POSIX.1-2001; tar(5)).
import { refusal } from './refusals.ts'

export const TAR_BLOCK = 512

export interface TarHeader {
  /** name with its ustar prefix, bytes as written */
  name: Uint8Array
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  typeflag: string
  linkname: Uint8Array
  devmajor: number
  devminor: number
}

/** Whether a block can be a tar header: its checksum holds. A block of zeros is none. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.byteLength < TAR_BLOCK) return false
  const stored = parseOctal(block.subarray(148, 156))
  if (stored === undefined) return false
  let unsigned = 8 * 32
  let signed = 8 * 32
  for (let i = 0; i < TAR_BLOCK; i++) {
    if (i >= 148 && i < 156) continue
    const byte = block[i] ?? 0
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  // Old tars on machines with signed characters summed them so.
  return stored === unsigned || stored === signed
}

/** @throws CorruptStream for a bad checksum or number; `at` is the header's offset in the stream */
export function decodeTarHeader(block: Uint8Array, at: number): TarHeader {
  if (!isTarHeader(block)) throw corrupt('has a wrong checksum', at)
  const number = (start: number, length: number, what: string): number => {
    const value = parseNumber(block.subarray(start, start + length))
    if (value === undefined) throw corrupt(`has a ${what} that is no number`, at)
    return value
  }
  const size = number(124, 12, 'size')
  if (size < 0) throw corrupt(`has the size ${size}`, at)
  const isPosix = hasMagic(block, 'ustar\0')
  const isDevice = block[156] === 0x33 || block[156] === 0x34
  const prefix = isPosix ? field(block, 345, 155) : new Uint8Array()
  return {
    name: joinName(prefix, field(block, 0, 100)),
    mode: number(100, 8, 'mode') & 0o7777,
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
    size,
    mtime: number(136, 12, 'mtime'),
    typeflag: String.fromCharCode(block[156] ?? 0),
    linkname: field(block, 157, 100),
    devmajor: isDevice ? number(329, 8, 'devmajor') : 0,
    devminor: isDevice ? number(337, 8, 'devminor') : 0,
  }
}

function corrupt(what: string, at: number): Error {
  return refusal('CorruptStream', `tar header at byte ${at} ${what}`)
}

function hasMagic(block: Uint8Array, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (block[257 + i] !== magic.charCodeAt(i)) return false
  return true
}

/** Bytes of a text field up to its NUL. */
function field(block: Uint8Array, start: number, length: number): Uint8Array {
  const bytes = block.subarray(start, start + length)
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function joinName(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  if (prefix.byteLength === 0) return Uint8Array.from(name)
  const joined = new Uint8Array(prefix.byteLength + 1 + name.byteLength)
  joined.set(prefix)
  joined[prefix.byteLength] = 0x2f
  joined.set(name, prefix.byteLength + 1)
  return joined
}

/** Octal text, or the base-256 form that GNU and star use for what does not fit. */
function parseNumber(bytes: Uint8Array): number | undefined {
  const first = bytes[0] ?? 0
  if ((first & 0x80) === 0) return parseOctal(bytes)
  let value = first === 0xff ? -1n : BigInt(first & 0x7f)
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}

/** Octal digits between blanks and NULs; an empty field is 0. */
function parseOctal(bytes: Uint8Array): number | undefined {
  let value = 0
  let index = 0
  while (index < bytes.byteLength && bytes[index] === 0x20) index++
  for (; index < bytes.byteLength; index++) {
    const digit = (bytes[index] ?? 0) - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; index < bytes.byteLength; index++) if (bytes[index] !== 0 && bytes[index] !== 0x20) return undefined
  return value
}
