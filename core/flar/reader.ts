// Reads a flash archive as it comes: the text in front of it, then the bytes of its archive section (jumpstart.md 4.1, 4.8).
import type { PushReader } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { archivedSizeProblem, parseIdentification, type FlarIdentification } from './identification.ts'
import { GrowingBytes } from './growing-bytes.ts'
import type { Complaint } from '../problem.ts'
import { FlarProblems } from './problems.ts'
import { isKnownSection, isSectionName, isUserSection, sectionRank, type FlarSection } from './sections.ts'

/** Everything in front of the archive section. */
export interface FlarPreamble {
  version: { major: number; minor: number }
  identification: FlarIdentification
  /** all but the archive section, in file order, the identification first */
  sections: readonly FlarSection[]
  /** bytes in front of the payload */
  payloadOffset: number
  problems: readonly Complaint[]
}

export interface FlarSink {
  /** All of the text was read; the payload follows. */
  preamble(preamble: FlarPreamble): void
  /** The next bytes of the archive section, as stored. */
  payload(bytes: Uint8Array): void
}

/** Scripts are inside of the preamble, so it may be long. */
export const MAX_PREAMBLE = 64 * 1024 * 1024
/** All of its keys are looked at in one go. */
const MAX_IDENTIFICATION = 256 * 1024
const MAX_SECTIONS = 1000
/** A line that begins or ends a section is no longer than this. */
const MAX_MARK = 200
const LF = 0x0a
const BEGIN = 'section_begin='
const END = 'section_end='

export class FlarReader implements PushReader {
  readonly #sink: FlarSink
  readonly #maxPreamble: number
  readonly #line = new GrowingBytes()
  readonly #content = new GrowingBytes()
  readonly #sections: FlarSection[] = []
  readonly #names = new Set<string>()
  readonly #problems = new FlarProblems()
  #state: 'cookie' | 'between' | 'section' | 'payload' = 'cookie'
  #version = { major: 0, minor: 0 }
  #position = 0
  /** in a long line, whose beginning is kept already */
  #isInsideLine = false
  #section = ''
  #highest = 0
  #identification: FlarIdentification | undefined
  #payloadBytes = 0

  /** `maxPreamble` in bytes */
  constructor(sink: FlarSink, { maxPreamble = MAX_PREAMBLE }: { maxPreamble?: number } = {}) {
    this.#sink = sink
    this.#maxPreamble = maxPreamble
  }

  /** Bytes of the archive section so far. */
  get payloadBytes(): number {
    return this.#payloadBytes
  }

  /** @throws CorruptStream, TooManyBytes */
  push(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0 && this.#state !== 'payload') rest = this.#takeLine(rest)
    if (rest.byteLength === 0) return
    this.#payloadBytes += rest.byteLength
    this.#sink.payload(rest)
  }

  /**
   * The stream is over. Returns what only its end shows.
   * @throws TruncatedStream when the archive section is missing or empty
   */
  finish(): readonly Complaint[] {
    if (this.#state !== 'payload') {
      const where =
        this.#state === 'section'
          ? `inside of the section ${quoted(this.#section)}`
          : 'without an archive section'
      throw refusal('TruncatedStream', `the flash archive ends at byte ${this.#position}, ${where}`)
    }
    if (this.#payloadBytes === 0)
      throw refusal('TruncatedStream', 'the archive section of the flash archive is empty')
    const lie = this.#identification && archivedSizeProblem(this.#identification, this.#payloadBytes)
    return lie ? [lie] : []
  }

  /** Takes bytes up to the end of a line, or all of them; returns the rest. */
  #takeLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(LF)
    const taken = end < 0 ? bytes : bytes.subarray(0, end + 1)
    this.#position += taken.byteLength
    if (this.#position > this.#maxPreamble) {
      throw refusal(
        'TooManyBytes',
        `the flash archive has more than ${this.#maxPreamble} bytes in front of its archive section`,
      )
    }
    this.#line.add(taken)
    if (this.#state === 'cookie' && this.#line.length > MAX_MARK) throw this.#noCookie()
    if (end >= 0 && this.#isInsideLine) this.#toContent(this.#line.bytes)
    else if (end >= 0) this.#onLine(this.#line.bytes)
    else if (this.#state === 'section' && this.#line.length > MAX_MARK) this.#toContent(this.#line.bytes)
    else return bytes.subarray(taken.byteLength)
    this.#isInsideLine = end < 0
    this.#line.clear()
    return bytes.subarray(taken.byteLength)
  }

  /** `line` with its LF */
  #onLine(line: Uint8Array): void {
    switch (this.#state) {
      case 'cookie':
        return this.#onCookie(textOf(line))
      case 'between':
        return this.#onBetween(markOf(line) ?? textOf(line.subarray(0, MAX_MARK)))
      case 'section':
        return this.#onInside(line)
      case 'payload':
    }
  }

  #onCookie(text: string): void {
    const match = /^FlAsH-aRcHiVe-([0-9]{1,9})\.([0-9]{1,9})$/.exec(text)
    if (!match) throw this.#noCookie()
    this.#version = { major: Number(match[1]), minor: Number(match[2]) }
    if (this.#version.major !== 1 && this.#version.major !== 2) {
      throw refusal(
        'CorruptStream',
        `the flash archive has the version ${match[1]}.${match[2]}, expected 1 or 2 before the point`,
      )
    }
    this.#state = 'between'
  }

  #noCookie(): Error {
    const text = textOf(this.#line.bytes.subarray(0, 40))
    return refusal('CorruptStream', `the first line is ${quoted(text)}, expected FlAsH-aRcHiVe-2.0`)
  }

  #onBetween(text: string): void {
    if (!text.startsWith(BEGIN)) {
      throw refusal(
        'CorruptStream',
        `the flash archive has ${quoted(text)} before byte ${this.#position}, expected section_begin=`,
      )
    }
    const name = text.slice(BEGIN.length)
    if (!isSectionName(name)) {
      throw refusal(
        'CorruptStream',
        `a section of the flash archive has the name ${quoted(name)}, expected letters, digits and _ . -`,
      )
    }
    if (this.#identification === undefined && name !== 'identification') {
      throw refusal(
        'CorruptStream',
        `the first section of the flash archive is ${name}, expected identification`,
      )
    }
    if (name === 'archive') return this.#onArchive()
    if (this.#sections.length === MAX_SECTIONS)
      throw refusal('CorruptStream', `the flash archive has more than ${MAX_SECTIONS} sections`)
    this.#checkPlace(name)
    this.#section = name
    this.#state = 'section'
  }

  #checkPlace(name: string): void {
    if (this.#names.has(name)) {
      if (name === 'identification')
        throw refusal('CorruptStream', 'the flash archive has two identification sections, expected one')
      this.#problems.warn(`the section ${name} comes twice: the installer looks at the first alone`)
    }
    this.#names.add(name)
    if (!isKnownSection(name) && !isUserSection(name))
      this.#problems.warn(
        `the section ${name} is none that an installer knows; one of your own begins with X-`,
      )
    const rank = sectionRank(name)
    if (rank < this.#highest) {
      const before = this.#sections.at(-1)?.name ?? ''
      this.#problems.warn(
        `the section ${name} stands behind ${before}, where the installer does not look for it: expected manifest, predeployment, postdeployment, reboot, then all others`,
      )
    }
    this.#highest = Math.max(this.#highest, rank)
  }

  #onInside(line: Uint8Array): void {
    const mark = markOf(line)
    if (mark === `${END}${this.#section}`) return this.#onSectionEnd()
    if (mark?.startsWith(BEGIN)) {
      throw refusal(
        'CorruptStream',
        `the section ${this.#section} has ${quoted(mark)} in it before byte ${this.#position}, expected ${END}${this.#section} first`,
      )
    }
    this.#toContent(line)
  }

  #toContent(bytes: Uint8Array): void {
    this.#content.add(bytes)
    if (this.#section === 'identification' && this.#content.length > MAX_IDENTIFICATION)
      throw refusal('TooManyBytes', `the identification has more than ${MAX_IDENTIFICATION} bytes`)
  }

  #onSectionEnd(): void {
    const content = this.#content.bytes.slice()
    this.#content.clear()
    this.#sections.push({ name: this.#section, content })
    this.#state = 'between'
    if (this.#section !== 'identification') return
    const { identification, problems } = parseIdentification(content, this.#version.major)
    this.#identification = identification
    for (const problem of problems) this.#problems.add(problem)
  }

  #onArchive(): void {
    const identification = this.#identification
    if (identification === undefined) return
    const isDifferential = identification.values.get('type') === 'DIFFERENTIAL'
    if (isDifferential && !this.#names.has('manifest'))
      this.#problems.warn(
        'the archive is DIFFERENTIAL, but has no manifest: nothing of the client is compared',
      )
    if (!isDifferential && this.#names.has('manifest'))
      this.#problems.warn('the archive has a manifest section, but is not DIFFERENTIAL')
    this.#state = 'payload'
    this.#sink.preamble({
      version: this.#version,
      identification,
      sections: this.#sections,
      payloadOffset: this.#position,
      problems: this.#problems.found,
    })
  }
}

/** The line as text when it may begin or end a section. */
function markOf(line: Uint8Array): string | undefined {
  // most lines of a section are no mark: the first byte says so
  if (line[0] !== 0x73 || line.byteLength > MAX_MARK) return undefined
  const text = textOf(line)
  return text.startsWith(BEGIN) || text.startsWith(END) ? text : undefined
}

/** A byte for a character, without the LF. */
function textOf(line: Uint8Array): string {
  return String.fromCharCode(...line).replace(/\n$/, '')
}
