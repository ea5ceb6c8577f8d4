// The manifest of a differential flash archive: what a client must have for it, and what of that must go (jumpstart.md 4.6).
import { encodeName, showsByte } from '../archive/encode-name.ts'
import { decodeName } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import type { FlarFilter } from './filters.ts'
import { joinBytes } from '../join-bytes.ts'

/** What a file had in the old image. */
export interface OldFile {
  /** st_mode with the file type, 32 bits */
  mode: number
  uid: number
  gid: number
  what:
    | { type: 'directory' }
    | { type: 'symlink'; target: string }
    /** files and all others; without a size it is not compared */
    | { type: 'file'; mtime: number; size: number | undefined }
}

export type ManifestLine =
  /** comes with the archive: nothing is compared */
  | { kind: 'new'; path: string }
  /** must be as it was in the old image */
  | { kind: 'kept'; path: string; old: OldFile }
  /** the same, and is deleted */
  | { kind: 'gone'; path: string; old: OldFile }
  /** what the client has in this directory besides the lines since the last such line is new to it */
  | { kind: 'closed'; path: string }

export interface FlarManifest {
  /** absolute paths in the target's root, as all of the manifest */
  filters: readonly FlarFilter[]
  lines: readonly ManifestLine[]
}

const MAX_LINES = 1_000_000
const CHECKLIST = 'checklist'
const CLOSER = '\\d'
const NIBBLES = 8

/** The low 32 bits of a number, the lowest nibble first: characters 0x30 to 0x3f, none of which has a meaning of its own. */
export function encodeNibbles(value: number): string {
  const bits = value >>> 0
  return Array.from({ length: NIBBLES }, (_, index) =>
    String.fromCharCode(0x30 + ((bits >>> (4 * index)) & 0xf)),
  ).join('')
}

/** Only the low nibble of each character counts: whatever alphabet the writer has is read. Undefined unless there are eight. */
export function decodeNibbles(code: string): number | undefined {
  if (code.length !== NIBBLES) return undefined
  let value = 0
  for (let index = 0; index < NIBBLES; index++) value |= (code.charCodeAt(index) & 0xf) << (4 * index)
  return value >>> 0
}

/** @throws FlarInvalid with the line, TooManyEntries */
export function parseManifest(content: Uint8Array): FlarManifest {
  const filters: FlarFilter[] = []
  const lines: ManifestLine[] = []
  let number = 0
  let isChecklist = false
  for (const text of linesOf(content)) {
    number += 1
    if (number > MAX_LINES) throw refusal('TooManyEntries', `the manifest has more than ${MAX_LINES} lines`)
    if (isChecklist) lines.push(parseLine(text, number))
    else if (text === CHECKLIST) isChecklist = true
    else filters.push(parseFilter(text, number))
  }
  if (!isChecklist) throw refusal('FlarInvalid', `the manifest has no line ${CHECKLIST}`)
  return { filters, lines }
}

function* linesOf(content: Uint8Array): Generator<string> {
  for (let at = 0; at < content.byteLength;) {
    const end = content.indexOf(0x0a, at)
    const stop = end < 0 ? content.byteLength : end
    yield decodeName(content.subarray(at, stop))
    at = stop + 1
  }
}

function parseFilter(text: string, number: number): FlarFilter {
  const match = /^([-+.])[ \t]+(\/.*)$/.exec(text)
  if (match?.[2] === undefined) throw wrong(number, text, `- /path, + /path or ${CHECKLIST}`)
  return { sign: match[1] === '+' ? '+' : '-', path: match[2] }
}

function parseLine(text: string, number: number): ManifestLine {
  if (text.startsWith(CLOSER))
    return { kind: 'closed', path: absolute(text.slice(CLOSER.length), number, text) }
  const [name = '', ...fields] = text.split('\t')
  const path = absolute(name, number, text)
  if (fields[0] === 'N' && fields.length === 1) return { kind: 'new', path }
  if (fields[0] === 'O') return { kind: 'gone', path, old: parseOld(fields.slice(1), number, text) }
  return { kind: 'kept', path, old: parseOld(fields, number, text) }
}

function absolute(path: string, number: number, text: string): string {
  if (path.startsWith('/') && !path.split('/').some((name) => name === '..' || name === '.')) return path
  throw wrong(number, text, 'an absolute path without . and ..')
}

function parseOld(fields: readonly string[], number: number, text: string): OldFile {
  const [mode, uid, gid] = fields.slice(0, 3).map(decodeNibbles)
  if (mode === undefined || uid === undefined || gid === undefined)
    throw wrong(number, text, 'mode, uid and gid in eight characters each')
  return { mode, uid, gid, what: parseWhat(fields.slice(3), number, text) }
}

function parseWhat(fields: readonly string[], number: number, text: string): OldFile['what'] {
  const [first = '', second] = fields
  if (first.startsWith('d')) return { type: 'directory' }
  if (first.startsWith('l')) {
    if (second === undefined || second === '') throw wrong(number, text, 'the target of a symlink behind l')
    // a target may have tabs
    return { type: 'symlink', target: fields.slice(1).join('\t') }
  }
  const mtime = decodeNibbles(first)
  const size = /^[0-9]{1,16}$/.test(second ?? '') ? Number(second) : NaN
  if (mtime === undefined || second === undefined || (!second.startsWith('s') && !Number.isSafeInteger(size)))
    throw wrong(number, text, 'd, l, or a time in eight characters and a size')
  return { type: 'file', mtime, size: Number.isSafeInteger(size) ? size : undefined }
}

function wrong(number: number, text: string, expected: string): Error {
  return refusal('FlarInvalid', `line ${number} of the manifest is ${quoted(text)}, expected ${expected}`)
}

/** What parseManifest reads, names with their bytes. @throws FlarInvalid for a path or a target that no line can hold */
export function renderManifest({ filters, lines }: FlarManifest): Uint8Array {
  const head = filters.map(({ sign, path }) => `${sign} ${onOneLine(path)}`)
  const body = lines.map(renderLine)
  return joinBytes([...head, CHECKLIST, ...body].map((line) => encodeLine(`${line}\n`)))
}

/** A name that is no text is shown by its bytes, each name by itself. */
function encodeLine(line: string): Uint8Array {
  const encoder = new TextEncoder()
  if (!showsByte(line)) return encoder.encode(line)
  const parts = line.split(/([/\t])/)
  return joinBytes(parts.map((part) => (showsByte(part) ? encodeName(part, -1) : encoder.encode(part))))
}

function renderLine(line: ManifestLine): string {
  if (line.kind === 'closed') return `${CLOSER}${inOneField(line.path)}`
  const path = inOneField(line.path)
  if (line.kind === 'new') return `${path}\tN`
  const { mode, uid, gid, what } = line.old
  const codes = [mode, uid, gid].map(encodeNibbles)
  return [path, ...(line.kind === 'gone' ? ['O'] : []), ...codes, ...renderWhat(what)].join('\t')
}

function renderWhat(what: OldFile['what']): string[] {
  if (what.type === 'directory') return ['d']
  if (what.type === 'symlink') return ['l', inOneField(what.target)]
  return [encodeNibbles(what.mtime), what.size === undefined ? 's' : String(what.size)]
}

function inOneField(path: string): string {
  if (path.includes('\t')) throw noLine(path)
  return onOneLine(path)
}

function onOneLine(text: string): string {
  if (text.includes('\n') || text.includes('\0')) throw noLine(text)
  return text
}

function noLine(text: string): Error {
  return refusal(
    'FlarInvalid',
    `a manifest cannot hold ${quoted(text)}, expected no line break and no tab in a name or a symlink's target`,
  )
}
