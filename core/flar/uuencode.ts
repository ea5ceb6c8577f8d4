// Text that carries a file: uuencode(1), in which deployment scripts are stored (jumpstart.md 4.5).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { joinBytes } from '../join-bytes.ts'

interface UuencodedFile {
  name: string
  /** permission bits */
  mode: number
  bytes: Uint8Array
}

const LINE_BYTES = 45
const LF = 0x0a
const BACKTICK = 0x60
const BLANK = 0x20

/** Encodes with ` for zero, as all programs read it. `name` without line breaks. */
export function uuencode({ name, mode, bytes }: UuencodedFile): Uint8Array {
  const head = new TextEncoder().encode(`begin ${mode.toString(8).padStart(3, '0')} ${name}\n`)
  const tail = new TextEncoder().encode('`\nend\n')
  const lines = Math.ceil(bytes.byteLength / LINE_BYTES)
  const body = new Uint8Array(lines * ((LINE_BYTES / 3) * 4 + 2))
  let at = 0
  for (let from = 0; from < bytes.byteLength; from += LINE_BYTES) {
    const line = bytes.subarray(from, from + LINE_BYTES)
    body[at++] = character(line.byteLength)
    for (let index = 0; index < line.byteLength; index += 3) {
      const group = ((line[index] ?? 0) << 16) | ((line[index + 1] ?? 0) << 8) | (line[index + 2] ?? 0)
      for (const shift of [18, 12, 6, 0]) body[at++] = character((group >>> shift) & 0x3f)
    }
    body[at++] = LF
  }
  return joinBytes([head, body.subarray(0, at), tail])
}

const character = (six: number): number => (six === 0 ? BACKTICK : six + BLANK)

/** The first file of a text; what stands before its `begin` is passed over. @throws FlarInvalid */
export function uudecode(text: Uint8Array): UuencodedFile {
  const bytes = new Uint8Array(Math.ceil(text.byteLength * 0.75))
  let filled = 0
  let file: { name: string; mode: number } | undefined
  let number = 0
  for (let at = 0; at < text.byteLength;) {
    const end = text.indexOf(LF, at)
    const stop = end < 0 ? text.byteLength : end
    const line = text.subarray(at, stop)
    at = stop + 1
    number += 1
    if (file === undefined) file = beginOf(line)
    else if (isEnd(line)) return { ...file, bytes: bytes.subarray(0, filled) }
    else filled = decodeLine(line, number, bytes, filled)
  }
  const missing = file === undefined ? '"begin MODE NAME"' : '"end"'
  throw refusal('FlarInvalid', `the uuencoded text has no line ${missing}`)
}

function beginOf(line: Uint8Array): { name: string; mode: number } | undefined {
  const match = /^begin ([0-7]{3,4}) (\S.{0,255})$/.exec(String.fromCharCode(...line.subarray(0, 300)))
  return match ? { mode: parseInt(match[1] ?? '', 8), name: match[2] ?? '' } : undefined
}

const isEnd = (line: Uint8Array): boolean => line.byteLength === 3 && String.fromCharCode(...line) === 'end'

/** Trailing blanks may have been cut off: they are zeros. Returns how much is filled now. */
function decodeLine(line: Uint8Array, number: number, into: Uint8Array, start: number): number {
  const length = sixOf(line[0] ?? BACKTICK, number)
  const characters = Math.ceil(length / 3) * 4
  if (line.byteLength > characters + 2) throw wrongLine(line, number)
  const end = start + length
  // a line of few characters says that it has many bytes: only trailing blanks may be missing
  if (end > into.byteLength) throw wrongLine(line, number)
  for (let index = 0, at = start; at < end; index += 4) {
    let group = 0
    for (let part = 1; part <= 4; part++) group = (group << 6) | sixOf(line[index + part] ?? BLANK, number)
    for (const shift of [16, 8, 0]) if (at < end) into[at++] = (group >>> shift) & 0xff
  }
  return end
}

function sixOf(byte: number, number: number): number {
  if (byte < BLANK || byte > BACKTICK)
    throw refusal(
      'FlarInvalid',
      `line ${number} of the uuencoded text has the byte ${byte}, expected 32 to 96`,
    )
  return (byte - BLANK) & 0x3f
}

function wrongLine(line: Uint8Array, number: number): Error {
  const text = String.fromCharCode(...line.subarray(0, 80))
  return refusal(
    'FlarInvalid',
    `line ${number} of the uuencoded text is ${quoted(text)}, expected as many characters as it says`,
  )
}
