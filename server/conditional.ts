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

/**
 * How to answer a GET or HEAD of a representation with this strong `etag` (quotes included) and size in bytes. `modified`: its
 * Last-Modified, where that is sent; the bytes never change after it.
 */
export function decideAnswer(
  method: string,
  headers: IncomingHttpHeaders,
  etag: string,
  size: number,
  modified?: Date,
): Answer {
  const ifMatch = headers['if-match']
  if (
    ifMatch === undefined
      ? !isBy(headers['if-unmodified-since'], modified)
      : !matches(ifMatch, etag, 'strong')
  )
    return { status: 412 }
  const ifNoneMatch = headers['if-none-match']
  if (
    ifNoneMatch === undefined
      ? isSince(headers['if-modified-since'], modified)
      : matches(ifNoneMatch, etag, 'weak')
  )
    return { status: 304 }
  if (method !== 'GET' || headers.range === undefined || !mayRange(headers['if-range'], etag, modified))
    return { status: 200 }
  const range = readRange(headers.range, size)
  if (range === 'whole') return { status: 200 }
  if (range === 'many') return { status: 416, code: 'ManyRanges' }
  if (range === 'unsatisfiable') return { status: 416, code: 'RangeNotSatisfiable' }
  return { status: 206, range }
}

/** A date must be the very one that was told. */
function mayRange(ifRange: string | string[] | undefined, etag: string, modified: Date | undefined): boolean {
  return (
    ifRange === undefined ||
    ifRange === etag ||
    (modified !== undefined && ifRange === modified.toUTCString())
  )
}

/** If-Modified-Since: whether nothing changed since. What is no date counts as not sent. */
function isSince(date: string | undefined, modified: Date | undefined): boolean {
  const since = secondsOf(date)
  return since !== undefined && modified !== undefined && Math.floor(modified.getTime() / 1000) <= since
}

/** If-Unmodified-Since: whether it is still so. */
function isBy(date: string | undefined, modified: Date | undefined): boolean {
  return secondsOf(date) === undefined || modified === undefined || isSince(date, modified)
}

function secondsOf(date = ''): number | undefined {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date)
    ? Date.parse(date) / 1000
    : undefined
}

function matches(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  const tags = list.match(/(W\/)?"[^"]*"/g) ?? []
  return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag)
}
