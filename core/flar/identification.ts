// The identification section of a flash archive: `key=value` lines that say what it is (jumpstart.md 4.2).
import { decodeName } from '../archive/member.ts'
import { quoted } from '../quoted.ts'
import { Archiver } from './archiver.ts'
import { wrong, type Complaint } from '../problem.ts'
import { FlarProblems } from './problems.ts'

export interface FlarIdentification {
  /** as they are in the archive, without their LF */
  lines: readonly string[]
  /** keys in lower case, in file order. Of a key that comes twice the first */
  values: ReadonlyMap<string, string>
}

/** Keys that an installer knows; those of the user begin with `x-`. */
const knownKeys: ReadonlySet<string> = new Set([
  'content_name',
  'archive_id',
  'files_archived_method',
  'files_compressed_method',
  'files_archived_size',
  'files_unarchived_size',
  'creation_date',
  'creation_master',
  'content_type',
  'content_description',
  'content_author',
  'content_architectures',
  'creation_node',
  'creation_hardware_class',
  'creation_platform',
  'creation_processor',
  'creation_release',
  'creation_os_name',
  'creation_os_version',
  'type',
  'rootpool',
])

/** characters */
export const MAX_CONTENT_NAME = 256
/** An installer takes no archive with another. */
const DATE =
  /^(?:19[7-9]|[2-9]\d\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-6]\d$/

/** Reads the lines of the section; what is wrong with them is told, never thrown. `major` is that of the cookie. */
export function parseIdentification(
  content: Uint8Array,
  major: number,
): { identification: FlarIdentification; problems: readonly Complaint[] } {
  const problems = new FlarProblems()
  const lines = decodeName(content).split('\n')
  if (lines.at(-1) === '') lines.pop()
  const values = parseLines(lines, problems)
  checkValues(values, major, problems)
  return { identification: { lines, values }, problems: problems.found }
}

/** A line without `=` continues content_description, and is wrong anywhere else. */
function parseLines(lines: readonly string[], problems: FlarProblems): Map<string, string> {
  const values = new Map<string, string>()
  const description: string[] = []
  let previous = ''
  for (const line of lines) {
    const equals = line.indexOf('=')
    if (equals < 0) {
      if (previous === 'content_description') description.push(line)
      else problems.error(`the identification has the line ${quoted(line)}, expected key=value`)
      continue
    }
    const key = line.slice(0, equals).toLowerCase()
    if (values.has(key)) problems.error(`the identification has the key ${quoted(key)} twice, expected once`)
    else values.set(key, line.slice(equals + 1))
    if (!knownKeys.has(key) && !key.startsWith('x-')) problems.warn(unknownKey(key))
    previous = key
  }
  const first = values.get('content_description')
  if (first !== undefined && description.length > 0)
    values.set('content_description', [first, ...description].join('\n'))
  return values
}

function unknownKey(key: string): string {
  return key.trim() === key
    ? `the identification has the key ${quoted(key)}, which no installer knows; a key of your own begins with X-`
    : `the identification has the key ${quoted(key)}, expected no blank around "="`
}

function checkValues(values: ReadonlyMap<string, string>, major: number, problems: FlarProblems): void {
  const name = values.get('content_name')
  if (name === undefined)
    problems.error('the identification has no content_name, expected the name of the archive')
  else if (name.length > MAX_CONTENT_NAME)
    problems.error(`content_name has ${name.length} characters, expected at most ${MAX_CONTENT_NAME}`)
  oneOf(values, 'files_archived_method', Archiver.options, problems)
  oneOf(values, 'files_compressed_method', ['none', 'compress'], problems)
  if (!values.has('files_compressed_method'))
    problems.warn('the identification has no files_compressed_method: the installer refuses to extract it')
  for (const key of ['files_archived_size', 'files_unarchived_size']) {
    const size = values.get(key)
    if (size !== undefined && parseSize(size) === undefined)
      problems.error(
        `${key} is ${quoted(size)}, expected a number of bytes, 1 or more, at most ${Number.MAX_SAFE_INTEGER}`,
      )
  }
  const date = values.get('creation_date')
  if (date !== undefined && !DATE.test(date))
    problems.error(`creation_date is ${quoted(date)}, expected YYYYMMDDhhmmss, from 1970 on`)
  checkType(values.get('type'), major, problems)
}

function checkType(type: string | undefined, major: number, problems: FlarProblems): void {
  if (type === 'FULL' || (type === 'DIFFERENTIAL' && major > 1)) return
  if (type === undefined) {
    if (major > 1) problems.error('the identification has no type, expected type=FULL or type=DIFFERENTIAL')
  } else if (major > 1) problems.error(`type is ${quoted(type)}, expected FULL or DIFFERENTIAL`)
  else problems.error(`type is ${quoted(type)}, but archives of version 1 are always FULL`)
}

function oneOf(
  values: ReadonlyMap<string, string>,
  key: string,
  words: readonly string[],
  problems: FlarProblems,
): void {
  const value = values.get(key)
  if (value !== undefined && !words.includes(value))
    problems.error(`${key} is ${quoted(value)}, expected ${words.join(' or ')}`)
}

/** A size as the section has it; undefined when it is none: 0 makes the archive invalid. */
function parseSize(text: string): number | undefined {
  const size = /^[0-9]{1,19}$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(size) && size > 0 ? size : undefined
}

/** Bytes of the archive section, where the archive says so. */
export function archivedSize({ values }: FlarIdentification): number | undefined {
  return parseSize(values.get('files_archived_size') ?? '')
}

/** Bytes that are needed after extraction, where the archive says so. */
export function unarchivedSize({ values }: FlarIdentification): number | undefined {
  return parseSize(values.get('files_unarchived_size') ?? '')
}

/** What is wrong when the archive section turned out to have `bytes`. */
export function archivedSizeProblem(
  identification: FlarIdentification,
  bytes: number,
): Complaint | undefined {
  const said = archivedSize(identification)
  if (said === undefined || said === bytes) return undefined
  return wrong(`files_archived_size is ${said}, but the archive section has ${bytes} bytes`)
}

/** Whether the archive holds ZFS streams of a whole root pool: no zone can be made of one (jumpstart.md 4.9). */
export function holdsRootPool({ values }: FlarIdentification): boolean {
  return values.has('rootpool')
}

/** The machines, as `uname -m` says them, that it may be installed on; none: any. */
export function architecturesOf({ values }: FlarIdentification): string[] {
  const names = (values.get('content_architectures') ?? '').split(',').map((name) => name.trim())
  return names.filter((name) => name !== '')
}
