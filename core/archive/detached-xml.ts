// The configuration of a detached zone, as a file of its zonepath.
import type { Entry } from '../entry.ts'
import { DETACHED_XML } from './layout.ts'
import { refusal } from './refusals.ts'

/** A zone's configuration is a few KiB; with its inventory of packages and patches some hundred. */
export const MAX_DETACHED_XML = 4 * 1024 * 1024

/** @throws DetachedXmlRefused: passed over, the template would have another configuration than its zonepath says */
export function checkDetachedXml({ type, size }: Pick<Entry, 'size'> & { type: string }): void {
  if (type !== 'file') {
    throw refusal('DetachedXmlRefused', `${DETACHED_XML} is a ${type}, expected a file`)
  }
  if (size <= MAX_DETACHED_XML) return
  throw refusal(
    'DetachedXmlRefused',
    `${DETACHED_XML} has ${size} bytes, expected at most ${MAX_DETACHED_XML}`,
  )
}
