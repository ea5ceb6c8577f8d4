/** A ZAP of names and numbers in the smaller form that holds it. */
import { encodeFatZap } from './fat-zap.ts'
import { encodeMicroZap, fitsMicroZap, type NumberEntry } from './micro-zap.ts'

/** The blocks of the object, all of one size: one of a micro ZAP, two or more of a fat one. `salt` is odd. @throws NameTooLong, TooManyEntries */
export function encodeZap(entries: readonly NumberEntry[], salt: bigint): Uint8Array[] {
  if (fitsMicroZap(entries)) return [encodeMicroZap(entries, salt)]
  return encodeFatZap(
    entries.map(({ name, value }) => ({ name, integerBytes: 8, values: [value] })),
    salt,
  )
}
