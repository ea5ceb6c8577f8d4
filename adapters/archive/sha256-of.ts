// The digest of contents that come in pieces.
import { createHash } from 'node:crypto'
import type { Sha256 } from '#core/digest.ts'

/** In hexadecimal digits. Failures of the contents pass through. */
export async function sha256Of(contents: AsyncIterable<Uint8Array>): Promise<Sha256> {
  const hash = createHash('sha256')
  for await (const piece of contents) hash.update(piece)
  return hash.digest('hex')
}
