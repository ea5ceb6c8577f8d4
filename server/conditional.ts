// Conditional requests (RFC 9110 section 13) against one strong entity tag.
import type { IncomingHttpHeaders } from 'node:http'
import type { ByteRange } from '#app/ports/blobs.ts'
import { readRange } from './byte-range.ts'

export type Answer =
  | { status: 200 }
  | { status: 206; range: ByteRange }
  | { status: 304 }
  | { status: 412 }
  | { status: 416; code: 'RangeNotSatisfiable' | 'ManyRanges' }

/** How to answer a GET or HEAD of a representation with this strong `etag` (quotes included) and size in bytes. */
export function decideAnswer(
  method: string,
  headers: IncomingHttpHeaders,
  etag: string,
  size: number,
): Answer {
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined && !matches(ifMatch, etag, 'strong')) return { status: 412 }
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag, 'weak')) return { status: 304 }
  if (method !== 'GET' || headers.range === undefined || !mayRange(headers['if-range'], etag))
    return { status: 200 }
  const range = readRange(headers.range, size)
  if (range === 'whole') return { status: 200 }
  if (range === 'many') return { status: 416, code: 'ManyRanges' }
  if (range === 'unsatisfiable') return { status: 416, code: 'RangeNotSatisfiable' }
  return { status: 206, range }
}

/** A date in If-Range never matches: we give no Last-Modified. */
function mayRange(ifRange: string | string[] | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange === etag
}

function matches(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  const tags = list.match(/(W\/)?"[^"]*"/g) ?? []
  return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag)
}
