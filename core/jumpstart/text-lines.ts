// The lines of a file that somebody wrote in whatever editor: rules and install profiles are read with it.
import { ProblemList, type JumpStartProblem } from './problem.ts'
import { quoted } from '../quoted.ts'

/** bytes, or characters of what is text already */
export const MAX_TEXT = 8 * 1024 ** 2

/** characters, after lines are joined */
export const MAX_LINE = 8192

/** that say something; rules of a big site are 10 000 */
export const MAX_LINES = 20_000

export const READ_AS_LATIN1 = 'not UTF-8, read as ISO 8859-1 (Latin-1)'

export interface TextLine {
  /** of the file, 1 at first */
  number: number
  /** without its end and without a comment; no control characters but tabs */
  text: string
}

export interface TextLines {
  /** the whole text with LF as line ends, the last line too: what is stored and served */
  text: string
  /** those that say something, in their order */
  lines: TextLine[]
  problems: JumpStartProblem[]
}

export interface ReadOptions {
  /** as messages name it */
  file: string
  /** a backslash right before the line's end joins two lines, as in `rules` */
  joinsLines?: boolean
}

/**
 * Reads LF and CR LF, UTF-8 and Latin-1; what old readers would stumble over is told.
 * A `#` begins a comment wherever it stands, after lines are joined (jumpstart.md 1.2, 2.1). Takes time in proportion to the size,
 * and tells MAX_PROBLEMS of each severity.
 */
export function readTextLines(
  source: string | Uint8Array,
  { file, joinsLines = false }: ReadOptions,
): TextLines {
  const list = new ProblemList()
  const problems = list.all
  const tell = (severity: JumpStartProblem['severity'], line: number, message: string) => {
    list.add({ severity, file, line, message })
  }
  if (source.length > MAX_TEXT) {
    tell('error', 1, `the file has ${source.length} bytes, expected at most ${MAX_TEXT}`)
    return { text: '', lines: [], problems }
  }
  const decoded = decodeText(source)
  const physical = decoded.text.replaceAll('\r\n', '\n').split('\n')
  const hasEnd = physical.at(-1) === ''
  if (hasEnd) physical.pop()
  if (decoded.isLatin1) tell('warning', lineOfHighByte(physical), READ_AS_LATIN1)
  if (decoded.text.includes('\r\n'))
    tell(
      'warning',
      lineAt(decoded.text, decoded.text.indexOf('\r\n')),
      'the line ends in CR LF, expected LF alone: the CR would be part of the last word; read as LF',
    )
  if (!hasEnd)
    tell(
      'warning',
      physical.length,
      'the last line has no newline, expected one: a shell that reads the file leaves this line out',
    )
  const isPlain = !/[^\t\n -~]/.test(decoded.text)
  const lines: TextLine[] = []
  for (let index = 0; index < physical.length && !list.isFull; index += 1) {
    const number = index + 1
    const parts: string[] = []
    let part = physical[index] ?? ''
    if (part === '') continue
    while (joinsLines && part.endsWith('\\')) {
      parts.push(part.slice(0, -1))
      index += 1
      const next = physical[index]
      if (next === undefined) tell('error', number, 'a backslash joins the last line with nothing after it')
      part = next ?? ''
    }
    parts.push(part)
    const joined = parts.join('')
    if (joined.length > MAX_LINE) {
      tell('error', number, `the line has ${joined.length} characters, expected at most ${MAX_LINE}`)
      continue
    }
    const comment = joined.indexOf('#')
    if (parts.length > 1 && comment >= 0 && comment < (parts[0]?.length ?? 0))
      tell('warning', number, 'the comment ends in a backslash, so that it goes on in the next line')
    const text = comment < 0 ? joined : joined.slice(0, comment)
    const odd = isPlain ? undefined : (controlCharacter(joined) ?? oddCharacter(text))
    if (odd !== undefined) tell('error', number, odd)
    else if (text.trim() !== '') lines.push({ number, text })
    if (lines.length > MAX_LINES) {
      lines.pop()
      tell(
        'error',
        number,
        `the file has more than ${MAX_LINES} lines that say something, expected so many at most`,
      )
      break
    }
  }
  return { text: physical.length === 0 ? '' : `${physical.join('\n')}\n`, lines, problems }
}

/** UTF-8, without a mark at its beginning; bytes that are not are Latin-1. */
export function decodeText(source: string | Uint8Array): { text: string; isLatin1: boolean } {
  if (typeof source === 'string') return { text: withoutMark(source), isLatin1: false }
  try {
    return {
      text: withoutMark(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source)),
      isLatin1: false,
    }
  } catch {
    let text = ''
    for (let at = 0; at < source.length; at += 4096)
      text += String.fromCharCode(...source.subarray(at, at + 4096))
    return { text, isLatin1: true }
  }
}

/** Editors of Windows put a byte order mark before UTF-8. */
const withoutMark = (text: string): string => (text.startsWith('\u{FEFF}') ? text.slice(1) : text)

function lineOfHighByte(lines: readonly string[]): number {
  return lines.findIndex((line) => /[\u0080-\u00ff]/.test(line)) + 1
}

function lineAt(text: string, end: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** Not in comments either: a CR hides what follows it, and no database keeps a NUL. */
function controlCharacter(line: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const found = /[\u0000-\u0008\u000a-\u001f\u007f]/.exec(line)?.[0]
  if (found === '\r') return `a CR stands inside of the line ${quoted(line.trim())}, expected LF at its end`
  return found && `${codeOf(found)} stands in ${quoted(line.trim())}, expected no control characters but tabs`
}

const codeOf = (character: string): string =>
  `the character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** Facts and paths are ASCII; anything else is told by its number, since it may not show. */
function oddCharacter(text: string): string | undefined {
  const odd = /[^\t -~]/u.exec(text)?.[0]
  return odd && `${codeOf(odd)} stands in ${quoted(text.trim())}, expected ASCII outside of comments`
}
