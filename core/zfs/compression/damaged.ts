import { refusal } from '../../archive/refusals.ts'

/** A block that its compression does not allow. Who knows where it stands says so too. */
export function damaged(compression: string, what: string, cause?: unknown): Error {
  const options = cause === undefined ? undefined : { cause }
  return refusal('CorruptStream', `zfs stream has a damaged ${compression} block: ${what}`, options)
}
