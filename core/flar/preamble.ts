// Writes what stands in front of the archive section of a flash archive (jumpstart.md 4.1, 4.2, 4.8).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { joinBytes } from '../join-bytes.ts'
import type { Archiver } from './archiver.ts'
import { MAX_CONTENT_NAME } from './identification.ts'
import { isSectionName, sectionRank, type FlarSection } from './sections.ts'

/** What an identification says; every key but `own` is one of jumpstart.md 4.2. */
export interface FlarDescription {
  contentName: string
  archiver: Archiver
  compression: 'none' | 'compress'
  type: 'FULL' | 'DIFFERENTIAL'
  /** bytes of the archive section as stored, at least 1 */
  archivedSize?: number
  /** bytes needed after extraction, at least 1 */
  unarchivedSize?: number
  /** seconds since the epoch */
  created?: number
  master?: string
  contentType?: string
  /** may have several lines; only the first may contain `=` */
  description?: string
  author?: string
  /** `uname -m` values */
  architectures?: readonly string[]
  /** of the machine that it was made of */
  uname?: {
    node?: string
    hardwareClass?: string
    platform?: string
    processor?: string
    release?: string
    osName?: string
    osVersion?: string
  }
  /** further keys, which begin with X- */
  own?: readonly (readonly [key: string, value: string])[]
}

/**
 * Cookie, identification and sections in the order that the installer wants, up to and with `section_begin=archive`.
 * @throws FlarInvalid for what would not be read back as it was said
 */
export function renderFlarPreamble(
  description: FlarDescription,
  sections: readonly FlarSection[] = [],
): Uint8Array {
  const identification = {
    name: 'identification',
    content: new TextEncoder().encode(renderIdentification(description)),
  }
  return renderFlarSections('FlAsH-aRcHiVe-2.0', [identification, ...sections])
}

/** The same of sections as they are: only what nobody could read back is refused. */
export function renderFlarSections(cookie: string, sections: readonly FlarSection[]): Uint8Array {
  const ordered = sections.toSorted((a, b) => sectionRank(a.name) - sectionRank(b.name))
  const parts = ordered.flatMap(({ name, content }) => {
    checkSection(name, content)
    const end = content.byteLength === 0 || content.at(-1) === 0x0a ? '' : '\n'
    return [
      line(`section_begin=${name}`),
      content,
      new TextEncoder().encode(end),
      line(`section_end=${name}`),
    ]
  })
  return joinBytes([line(cookie), ...parts, line('section_begin=archive')])
}

/** The lines of the section, each with its LF. */
function renderIdentification(description: FlarDescription): string {
  const { contentName, uname = {} } = description
  if (contentName === '' || contentName.length > MAX_CONTENT_NAME)
    throw invalid('content_name', contentName, `1 to ${MAX_CONTENT_NAME} characters`)
  const pairs: (readonly [string, string | undefined])[] = [
    ['content_name', contentName],
    ['files_archived_method', description.archiver],
    ['files_compressed_method', description.compression],
    ['files_archived_size', sizeText('files_archived_size', description.archivedSize)],
    ['files_unarchived_size', sizeText('files_unarchived_size', description.unarchivedSize)],
    ['creation_date', description.created === undefined ? undefined : renderFlarDate(description.created)],
    ['creation_master', description.master],
    ['content_type', description.contentType],
    ['content_description', description.description],
    ['content_author', description.author],
    ['content_architectures', description.architectures?.join(',')],
    ['creation_node', uname.node],
    ['creation_hardware_class', uname.hardwareClass],
    ['creation_platform', uname.platform],
    ['creation_processor', uname.processor],
    ['creation_release', uname.release],
    ['creation_os_name', uname.osName],
    ['creation_os_version', uname.osVersion],
    ['type', description.type],
  ]
  const known = pairs.flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [renderPair(key, value)],
  )
  return [...known, ...(description.own ?? []).map(ownPair)].map((text) => `${text}\n`).join('')
}

/** Only a description has several lines, and then none with `=`, which would be another key. */
function renderPair(key: string, value: string): string {
  if (/[\0\r]/.test(value)) throw invalid(key, value, 'text without NUL and carriage returns')
  const [first = '', ...more] = value.split('\n')
  if (more.length === 0) return `${key}=${first}`
  if (key !== 'content_description') throw invalid(key, [first, ...more].join('\n'), 'one line')
  const wrong = more.find((text) => text.includes('='))
  if (wrong !== undefined) throw invalid(key, wrong, 'further lines without "="')
  return [`${key}=${first}`, ...more].join('\n')
}

function ownPair([key, value]: readonly [string, string]): string {
  if (!/^X-[A-Za-z0-9_.-]{1,126}$/i.test(key))
    throw invalid('a key of your own', key, 'X- and letters, digits, _ . -')
  return renderPair(key, value)
}

function sizeText(key: string, size: number | undefined): string | undefined {
  if (size === undefined) return undefined
  if (!Number.isSafeInteger(size) || size < 1)
    throw invalid(key, String(size), 'a number of bytes, 1 or more')
  return String(size)
}

/** `YYYYMMDDhhmmss` in GMT. @throws FlarInvalid before the year 1970 and after 9999 */
function renderFlarDate(seconds: number): string {
  const date = new Date(seconds * 1000)
  const text =
    Number.isNaN(date.getTime()) || seconds < 0
      ? ''
      : date
          .toISOString()
          .replace(/\.\d{3}Z$/, '')
          .replace(/[-T:]/g, '')
  if (!/^[0-9]{14}$/.test(text))
    throw invalid('creation_date', String(seconds), 'seconds of the years 1970 to 9999')
  return text
}

/** A section whose own lines would begin another or end this one. */
function checkSection(name: string, content: Uint8Array): void {
  if (!isSectionName(name) || name === 'archive')
    throw invalid('a section', name, 'a name of letters, digits and _ . -')
  const text = `\n${latin1(content)}`
  for (const mark of ['\nsection_begin=', `\nsection_end=${name}\n`])
    if (`${text}\n`.includes(mark))
      throw refusal(
        'FlarInvalid',
        `the section ${name} has a line ${quoted(mark.trim())}, which would be taken for the end of it`,
      )
}

function latin1(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.byteLength; at += 8192)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
  return parts.join('')
}

function invalid(what: string, value: string, expected: string): Error {
  return refusal('FlarInvalid', `${what} is ${quoted(value)}, expected ${expected}`)
}

const line = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`)
