// The header of a cpio member in ASCII: newc and crc with 110 characters, odc with 76 (cpio(5)).
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'

export const CPIO_HEADER = 110
export const CPIO_TRAILER = 'TRAILER!!!'

/** All numbers are 32 bits without sign; sizes and times of odc have 33. */
export interface CpioHeader {
  ino: number
  mode: number
  uid: number
  gid: number
  nlink: number
  mtime: number
  filesize: number
  devmajor: number
  devminor: number
  rdevmajor: number
  rdevminor: number
  /** bytes with the NUL */
  namesize: number
  /** sum of the data's bytes; only with magic 070702 */
  check: number
}

/** In file order, which GNU cpio, bsdtar, Solaris and the Linux kernel share. */
const fields = [
  'ino',
  'mode',
  'uid',
  'gid',
  'nlink',
  'mtime',
  'filesize',
  'devmajor',
  'devminor',
  'rdevmajor',
  'rdevminor',
  'namesize',
  'check',
] as const satisfies readonly (keyof CpioHeader)[]

/** The fields of an odc header, in file order, with their octal digits. */
const odcFields = [
  ['dev', 6],
  ['ino', 6],
  ['mode', 6],
  ['uid', 6],
  ['gid', 6],
  ['nlink', 6],
  ['rdev', 6],
  ['mtime', 11],
  ['namesize', 6],
  ['filesize', 11],
] as const

const ODC_HEADER = 76

const noNumbers: CpioHeader = {
  ino: 0,
  mode: 0,
  uid: 0,
  gid: 0,
  nlink: 0,
  mtime: 0,
  filesize: 0,
  devmajor: 0,
  devminor: 0,
  rdevmajor: 0,
  rdevminor: 0,
  namesize: 0,
  check: 0,
}

/** Bytes from `size` to the next multiple of 4. */
export function cpioPadding(size: number): number {
  return (4 - (size % 4)) % 4
}

/** newc, the same with checksums, and the older form that POSIX has. */
export type CpioForm = 'newc' | 'crc' | 'odc'

const formOfMagic: Readonly<Record<string, CpioForm>> = { '070701': 'newc', '070702': 'crc', '070707': 'odc' }

export const CPIO_MAGIC = 6

/** The form that the first CPIO_MAGIC bytes of a header name. @throws CorruptStream; `at` is the header's offset in the stream */
export function cpioFormOf(bytes: Uint8Array, at: number): CpioForm {
  const magic = String.fromCharCode(...bytes.subarray(0, CPIO_MAGIC))
  const form = formOfMagic[magic]
  if (form !== undefined) return form
  throw refusal(
    'CorruptStream',
    `cpio header at byte ${at} begins with ${quoted(magic)}, expected 070701, 070702 or 070707`,
  )
}

export const cpioHeaderSize = (form: CpioForm): number => (form === 'odc' ? ODC_HEADER : CPIO_HEADER)

/** `bytes`: what follows the magic. @throws CorruptStream; `at` is the header’s offset in the stream */
export function decodeCpioHeader(bytes: Uint8Array, form: CpioForm, at: number): CpioHeader {
  const text = String.fromCharCode(...bytes.subarray(0, cpioHeaderSize(form) - CPIO_MAGIC))
  return form === 'odc' ? decodeOdc(text, at) : decodeNewc(text, at)
}

function decodeNewc(text: string, at: number): CpioHeader {
  const header = { ...noNumbers }
  for (const [index, name] of fields.entries()) {
    const digits = text.slice(index * 8, index * 8 + 8)
    if (!/^[0-9A-Fa-f]{8}$/.test(digits)) throw wrongDigits(name, digits, '8 hex digits', at)
    header[name] = parseInt(digits, 16)
  }
  return header
}

/** Octal, and a device in 16 bits: eight for each of its numbers. */
function decodeOdc(text: string, at: number): CpioHeader {
  const numbers = {
    dev: 0,
    ino: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    nlink: 0,
    rdev: 0,
    mtime: 0,
    namesize: 0,
    filesize: 0,
  }
  let from = 0
  for (const [name, width] of odcFields) {
    const digits = text.slice(from, from + width)
    if (!/^[0-7]+$/.test(digits)) throw wrongDigits(name, digits, `${width} octal digits`, at)
    numbers[name] = parseInt(digits, 8)
    from += width
  }
  const { dev, rdev, ...same } = numbers
  return {
    ...noNumbers,
    ...same,
    devmajor: dev >> 8,
    devminor: dev & 0xff,
    rdevmajor: rdev >> 8,
    rdevminor: rdev & 0xff,
  }
}

function wrongDigits(name: string, digits: string, expected: string, at: number): Error {
  return refusal(
    'CorruptStream',
    `cpio header at byte ${at} has ${name} ${quoted(digits)}, expected ${expected}`,
  )
}

/** The 110 bytes of a header. @throws RangeError for a number beyond 32 bits */
export function encodeCpioHeader(header: CpioHeader): Uint8Array {
  const digits = fields.map((name) => {
    const value = header[name]
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RangeError(`cpio cannot carry ${name} ${value}, expected 0 to 4294967295`)
    }
    return value.toString(16).toUpperCase().padStart(8, '0')
  })
  return new TextEncoder().encode(`070701${digits.join('')}`)
}
