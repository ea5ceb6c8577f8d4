// How attributes that cannot be are refused.
import { refusal } from '../../archive/refusals.ts'
import type { ProvisionError } from '../../errors.ts'
import type { Timestamp } from './node-attributes.ts'

/** `object 12: …` */
export function corruptObject(object: number, what: string): ProvisionError {
  return refusal('CorruptStream', `object ${object}: ${what}`)
}

/** @throws CorruptStream for a mode that does not fit 16 bits */
export function modeOf(value: bigint, object: number): number {
  if (value > 0xffffn) throw corruptObject(object, `mode ${value}, expected 16 bits`)
  return Number(value)
}

/**
 * Two 64-bit words at `at`: seconds, which may be before the epoch, and nanoseconds.
 * @throws CorruptStream
 */
export function timestampAt(view: DataView, at: number, littleEndian: boolean, object: number): Timestamp {
  const seconds = view.getBigInt64(at, littleEndian)
  const nanoseconds = view.getBigUint64(at + 8, littleEndian)
  const whole = Number(seconds)
  if (!Number.isSafeInteger(whole) || nanoseconds >= 1_000_000_000n) {
    throw corruptObject(object, `a time of ${seconds} seconds and ${nanoseconds} nanoseconds, expected less`)
  }
  return { seconds: whole, nanoseconds: Number(nanoseconds) }
}
