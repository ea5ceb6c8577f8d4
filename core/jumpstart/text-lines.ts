// The lines of a file that somebody wrote in whatever editor: rules and install profiles are read with it.
import { unwise, wrong, type Complaint } from '../problem.ts'
import { quoted } from '../quoted.ts'
import { ProblemList, type JumpStartProblem } from './problem.ts'

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
  const tell = (line: number, complaint: Complaint) => list.add({ ...complaint, file, line })
  if (source.length > MAX_TEXT) {
    tell(1, wrong(`the file has ${source.length} bytes, expected at most ${MAX_TEXT}`))
    return { text: '', lines: [], problems: list.all }
  }
  const decoded = decodeText(source)
  const physical = decoded.text.replaceAll('\r\n', '\n').split('\n')
  const hasEnd = physical.at(-1) === ''
  if (hasEnd) physical.pop()
  for (const [line, message] of odditiesOf(decoded, physical, hasEnd)) tell(line, unwise(message))
  const isPlain = !/[^\t\n -~]/.test(decoded.text)
  const lines: TextLine[] = []
  for (const joined of joinLines(physical, joinsLines)) {
    if (list.isFull) break
    const { number } = joined
    const { text = '', complaints } = readLine(joined, isPlain)
    for (const complaint of complaints) tell(number, complaint)
    if (text.trim() === '') continue
    if (lines.length === MAX_LINES) {
      tell(
        number,
        wrong(`the file has more than ${MAX_LINES} lines that say something, expected so many at most`),
      )
      break
    }
    lines.push({ number, text })
  }
  return { text: physical.length === 0 ? '' : `${physical.join('\n')}\n`, lines, problems: list.all }
}

/** What is unwise about the file as a whole, and the line where it shows. */
function odditiesOf(
  { text, isLatin1 }: DecodedText,
  physical: readonly string[],
  hasEnd: boolean,
): [number, string][] {
  const found: [number, string][] = []
  if (isLatin1) found.push([lineOfHighByte(physical), READ_AS_LATIN1])
  const crLf = text.indexOf('\r\n')
  if (crLf >= 0)
    found.push([
      lineAt(text, crLf),
      'the line ends in CR LF, expected LF alone: the CR would be part of the last word; read as LF',
    ])
  if (!hasEnd)
    found.push([
      physical.length,
      'the last line has no newline, expected one: a shell that reads the file leaves this line out',
    ])
  return found
}

interface JoinedLine {
  /** of the first */
  number: number
  /** without the backslashes that join them */
  parts: string[]
  /** the file ends after a backslash */
  isOpen: boolean
}

/** Each line that is not empty, with those that a backslash joins to it. */
function* joinLines(physical: readonly string[], joinsLines: boolean): Generator<JoinedLine> {
  for (let index = 0; index < physical.length; index += 1) {
    const number = index + 1
    const parts: string[] = []
    let part = physical[index] ?? ''
    if (part === '') continue
    while (joinsLines && part.endsWith('\\')) {
      parts.push(part.slice(0, -1))
      index += 1
      part = physical[index] ?? ''
    }
    parts.push(part)
    yield { number, parts, isOpen: index === physical.length }
  }
}

/** The line without its comment; no text when it is wrong. */
function readLine(
  { parts, isOpen }: JoinedLine,
  isPlain: boolean,
): { text?: string; complaints: Complaint[] } {
  const complaints = isOpen ? [wrong('a backslash joins the last line with nothing after it')] : []
  const refuse = (message: string) => ({ complaints: [...complaints, wrong(message)] })
  const joined = parts.join('')
  if (joined.length > MAX_LINE)
    return refuse(`the line has ${joined.length} characters, expected at most ${MAX_LINE}`)
  const comment = joined.indexOf('#')
  if (parts.length > 1 && comment >= 0 && comment < (parts[0]?.length ?? 0))
    complaints.push(unwise('the comment ends in a backslash, so that it goes on in the next line'))
  const text = comment < 0 ? joined : joined.slice(0, comment)
  const odd = isPlain ? undefined : (controlCharacter(joined) ?? oddCharacter(text))
  return odd === undefined ? { text, complaints } : refuse(odd)
}

interface DecodedText {
  text: string
  isLatin1: boolean
}

/** UTF-8, without a mark at its beginning; bytes that are not are Latin-1. */
export function decodeText(source: string | Uint8Array): DecodedText {
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
