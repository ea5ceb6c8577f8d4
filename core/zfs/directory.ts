// Directories: names and the objects behind them (zfs-stream.md 5.2).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import type { StreamObject } from './object-set.ts'
import { corruptZap, type ZapOptions } from './zap/entry.ts'
import { readObjectZap } from './zap/read-zap.ts'

export interface DirectoryEntry {
  /** as stored; not checked */
  name: Uint8Array
  object: number
  /** the bits of the file type, as in a mode; 0 when the entry does not say, as in very old file systems */
  type: number
}

const OBJECT_BITS = 48
const TYPE_SHIFT = 60n

/**
 * The entries in no order that means anything; `.` and `..` are not stored.
 * @throws CorruptStream, TooManyEntries
 */
export function readDirectory(object: StreamObject, options: ZapOptions): DirectoryEntry[] {
  return readObjectZap(object, options).map(({ name, integerBytes, values }) => {
    const [value] = values
    if (integerBytes !== 8 || values.length !== 1 || value === undefined) {
      throw corruptZap(
        options.where,
        `${values.length} values of ${integerBytes} bytes for a name, expected one of 8`,
      )
    }
    return {
      name,
      object: Number(BigInt.asUintN(OBJECT_BITS, value)),
      type: Number(value >> TYPE_SHIFT) << 12,
    }
  })
}

/**
 * Checks a name, `text` once decoded, that is to be part of a path.
 * @throws InvalidName, ParentReference
 */
export function checkName(text: string, where: string): void {
  if (text === '..') throw refusal('ParentReference', `${where} has an entry "..", expected a file name`)
  if (text === '' || text === '.' || text.includes('/') || text.includes('\0')) {
    throw refusal('InvalidName', `${where} has an entry ${quoted(text)}, expected a file name`)
  }
}
