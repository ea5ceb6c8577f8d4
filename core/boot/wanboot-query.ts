// What WAN boot asks its server, as it stands in the query (jumpstart.md 3.7).
import { z } from 'zod'
import { ProvisionError } from '../errors.ts'

/** The first server of its kind refuses other keys. */
const WanbootQuery = z.strictObject({
  CONTENT: z.enum(['bootfile', 'bootfs', 'rootfs']),
  /** network number of the client */
  IP: z.ipv4(),
  /** hardware type 01 and the MAC address */
  CID: z.string().regex(/^01[0-9A-Fa-f]{12}$/),
  NONCE: z
    .string()
    .regex(/^[0-9A-Fa-f]{1,64}$/)
    .optional(),
})

export interface WanbootAsked {
  content: 'bootfile' | 'bootfs' | 'rootfs'
  /** 12 digits in upper case */
  mac: string
  /** of bootfs */
  nonce: string
}

/** @throws BadQuery */
export function parseWanbootQuery(query: unknown): WanbootAsked {
  const parsed = WanbootQuery.safeParse(query)
  const { CONTENT, CID, NONCE } = parsed.data ?? {}
  if (CONTENT === undefined || CID === undefined || (CONTENT === 'bootfs' && NONCE === undefined))
    throw new ProvisionError(
      'invalid',
      'BadQuery',
      'expected CONTENT, IP and CID, NONCE for bootfs, and no more',
    )
  return { content: CONTENT, mac: CID.slice(2).toUpperCase(), nonce: NONCE ?? '' }
}

/** Characters of one line of a boot's log. */
const MAX_LINE = 1000

/** The line in a query as forms encode it, its `<time>` replaced, without control characters. Undefined: none came. */
export function parseBootLine(
  query: string,
  time: string,
): { line: string; host: string | undefined } | undefined {
  const text = decoded(query.slice(0, 4 * MAX_LINE).replaceAll('+', ' '))
  const line = text
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
    .replace('<time>', time)
    .trim()
    .slice(0, MAX_LINE)
  if (line === '') return undefined
  return { line, host: /^<time> ([a-z0-9-]{1,63})(?:\.\S{0,255})? /i.exec(text)?.[1]?.toLowerCase() }
}

/** What is no percent-encoding stays as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
