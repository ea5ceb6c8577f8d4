// Tells from the first bytes what a stream is.
import type { Compression } from '../manifest.ts'
import { isTarHeader } from './tar-header.ts'

/** Bytes that the sniffers want to see; fewer is fine at the end of a stream. */
export const SNIFF_BYTES = 512

export type InnerFormat = 'tar' | 'cpio' | 'zfs' | 'flar'

/** What every flash archive begins with, its version behind it (jumpstart.md 4.1). */
const FLAR_COOKIE = 'FlAsH-aRcHiVe-'

const compressionMagic: readonly [Exclude<Compression, 'none'>, readonly number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]

/** How the stream is compressed; `none` when by nothing we know. */
export function sniffCompression(head: Uint8Array): Compression {
  for (const [compression, magic] of compressionMagic) if (startsWith(head, magic)) return compression
  return isSkippableZstdFrame(head) ? 'zstd' : 'none'
}

/** The format of an uncompressed stream, or undefined. */
export function sniffFormat(head: Uint8Array): InnerFormat | undefined {
  if (/^07070[127]/.test(ascii(head, 6))) return 'cpio'
  if (isZfsMagic(head)) return 'zfs'
  if (isTarHeader(head)) return 'tar'
  if (ascii(head, FLAR_COOKIE.length) === FLAR_COOKIE) return 'flar'
  return undefined
}

/** A few words on what an unknown stream seems to be, for the refusal. */
export function describeUnknown(head: Uint8Array): string {
  if (head.byteLength === 0) return 'an empty file'
  const compression = sniffCompression(head)
  if (compression !== 'none') return `a file compressed twice (${compression} inside)`
  const text = ascii(head, 16)
  for (const [prefix, name] of known) if (text.toLowerCase().startsWith(prefix.toLowerCase())) return name
  if (head.every((byte) => byte === 0)) return 'zeros'
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `a file that begins with bytes ${hex}`
}

const known: readonly [prefix: string, name: string][] = [
  ['\xc7\x71', 'a cpio archive in the old binary format'],
  ['\x71\xc7', 'a cpio archive in the old binary format'],
  ['FlAsH-aRcHiVe', 'a flash archive whose first line is not FlAsH-aRcHiVe-2.0'],
  ['\x1f\x9d', 'a stream of compress(1)'],
  ['PK\x03\x04', 'a zip file'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-zip file'],
  ['\x04\x22\x4d\x18', 'an LZ4 stream'],
  ['QFI\xfb', 'a QCOW2 disk image'],
  ['<!doctype', 'an HTML page'],
  ['<html', 'an HTML page'],
]

/** The BEGIN record's magic at offset 8, in either byte order (zfs-stream.md 1.1). */
function isZfsMagic(head: Uint8Array): boolean {
  if (head.byteLength < 16) return false
  const view = new DataView(head.buffer, head.byteOffset, 16)
  return view.getBigUint64(8, true) === 0x2f5bacbacn || view.getBigUint64(8, false) === 0x2f5bacbacn
}

function isSkippableZstdFrame(head: Uint8Array): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18])
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte)
}

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length))
}
