// What a ZAP holds, and how a broken one is refused.
import { refusal } from '../../archive/refusals.ts'
import type { ProvisionError } from '../../errors.ts'

export interface ZapEntry {
  /** without its NUL */
  name: Uint8Array
  integerBytes: 1 | 2 | 4 | 8
  values: bigint[]
}

export interface ZapOptions {
  littleEndian: boolean
  /** beyond it the ZAP is refused */
  maxEntries: number
  /** which ZAP, for messages: `directory object 12` */
  where: string
}

/** A ZAP that cannot be what it should be: `directory object 12: chunk 7 is …`. */
export function corruptZap(where: string, what: string): ProvisionError {
  return refusal('CorruptStream', `${where}: ${what}`)
}

/** @throws TooManyEntries */
export function checkEntryCount(count: number, { maxEntries, where }: ZapOptions): void {
  if (count > maxEntries) {
    throw refusal('TooManyEntries', `${where} has more than the ${maxEntries} entries that are allowed`)
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
