import { z } from 'zod'
import type { Sha256 } from '../digest.ts'

/** As IMGAPI writes them: lower case (jumpstart.md 6.2.1). */
export const Uuid = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    'expected a uuid in lower case, 8-4-4-4-12 hex digits',
  )
export type Uuid = z.infer<typeof Uuid>

/** The owner of public images. */
export const NOBODY: Uuid = '00000000-0000-0000-0000-000000000000'

/**
 * The uuid of the image that has these bytes, wherever they are served: version 8 of RFC 9562, made of the first 122 bits of the
 * sha256, so that a uuid leads to its bytes without a table.
 */
export function imageUuid(sha256: Sha256): Uuid {
  const variant = ((Number.parseInt(sha256.charAt(16), 16) & 3) | 8).toString(16)
  const digits = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}${variant}${sha256.slice(17, 32)}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What the sha256 of every blob begins with whose image has this uuid. */
export function digestPrefixOf(uuid: Uuid): string {
  return uuid.slice(0, 13).replace('-', '')
}
