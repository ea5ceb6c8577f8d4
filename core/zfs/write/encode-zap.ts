// A ZAP of names and numbers in the smaller form that holds it.
import { encodeFatZap, type ZapForm } from './fat-zap.ts'
import { encodeMicroZap, fitsMicroZap, type NumberEntry } from './micro-zap.ts'

/** The blocks of the object, all of one size: one of a micro ZAP, two or more of a fat one. `salt` is odd. @throws NameTooLong, TooManyEntries */
export function encodeZap(entries: readonly NumberEntry[], salt: bigint, form: ZapForm = {}): Uint8Array[] {
  if (fitsMicroZap(entries)) return [encodeMicroZap(entries, salt, form.littleEndian)]
  return encodeFatZap(
    entries.map(({ name, value }) => ({ name, integerBytes: 8, values: [value] })),
    salt,
    form,
  )
}
