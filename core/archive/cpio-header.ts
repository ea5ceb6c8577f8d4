/** The header of a cpio newc member: 110 ASCII characters (cpio(5)). */
import { refusal, shown } from './refusals.ts'

export const CPIO_HEADER = 110
export const CPIO_TRAILER = 'TRAILER!!!'

/** All numbers are 32 bits without sign. */
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

/** Bytes from `size` to the next multiple of 4. */
export function cpioPadding(size: number): number {
  return (4 - (size % 4)) % 4
}

/** @throws CorruptStream; `at` is the header's offset in the stream */
export function decodeCpioHeader(bytes: Uint8Array, at: number): CpioHeader & { hasChecksum: boolean } {
  const text = String.fromCharCode(...bytes.subarray(0, CPIO_HEADER))
  const magic = text.slice(0, 6)
  if (magic !== '070701' && magic !== '070702') {
    throw refusal(
      'CorruptStream',
      `cpio header at byte ${at} begins with ${shown(magic)}, expected 070701 or 070702`,
    )
  }
  const header = { hasChecksum: magic === '070702' } as CpioHeader & { hasChecksum: boolean }
  for (const [index, name] of fields.entries()) {
    const digits = text.slice(6 + index * 8, 14 + index * 8)
    if (!/^[0-9A-Fa-f]{8}$/.test(digits)) {
      throw refusal(
        'CorruptStream',
        `cpio header at byte ${at} has ${name} ${shown(digits)}, expected 8 hex digits`,
      )
    }
    header[name] = parseInt(digits, 16)
  }
  return header
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
