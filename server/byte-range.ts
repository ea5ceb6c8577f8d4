// The Range header (RFC 9110 section 14), single byte ranges only.
import type { ByteRange } from '#app/ports/blobs.ts'

/**
 * What a Range header asks of `size` bytes: a range; `whole` when the header is to be ignored (another unit, or not the
 * grammar); `many` for several ranges; `unsatisfiable` when no byte of it exists.
 */
export function readRange(header: string, size: number): ByteRange | 'whole' | 'many' | 'unsatisfiable' {
  const set = /^bytes=[ \t]*(.*?)[ \t]*$/i.exec(header)?.[1]
  if (set === undefined) return 'whole'
  const specs = set
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (specs.length === 0 || !specs.every((spec) => /^(\d+-\d*|-\d+)$/.test(spec))) return 'whole'
  if (specs.length > 1) return 'many'
  const [first = '', last = ''] = (specs[0] ?? '').split('-')
  if (first === '') return suffix(Number(last), size)
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return 'whole'
  return start < size ? { start, end } : 'unsatisfiable'
}

function suffix(length: number, size: number): ByteRange | 'unsatisfiable' {
  return length > 0 && size > 0 ? { start: Math.max(0, size - length), end: size - 1 } : 'unsatisfiable'
}
