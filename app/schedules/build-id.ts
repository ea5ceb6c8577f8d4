import { createHash } from 'node:crypto'

/** The id of the build that a run asks for: the same however often it is asked, so that it is one build. */
export function buildIdOf(run: string, template: string): string {
  const hex = createHash('sha256').update(`${run} ${template}`).digest('hex')
  // a UUID of version 8: the bits are ours (RFC 9562, 5.8)
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4]
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
