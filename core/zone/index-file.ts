// The zone index, /etc/zones/index: one line a zone, `name:state:zonepath:uuid` (zones.md 3.1).
import { ProvisionError } from '../errors.ts'

export type IndexState = 'configured' | 'incomplete' | 'installed'

export interface IndexEntry {
  name: string
  state: IndexState
  zonepath: string
  /** empty below `installed` */
  uuid: string
}

/** A line as it stands in the file: an entry, or text (comments, blank and unreadable lines) that is kept as it is. */
export type IndexLine = { entry: IndexEntry } | { text: string }

const line = /^([^:#\s][^:]*):(configured|incomplete|installed):(?:"([^"]*)"|([^:"]*))(?::([^:]*))?$/

/** Splits the file into lines; what is no entry is kept as text. */
export function parseIndex(text: string): IndexLine[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((each) => {
    const [, name, state, quoted, bare, uuid = ''] = line.exec(each) ?? []
    if (name === undefined || state === undefined) return { text: each }
    return { entry: { name, state: state as IndexState, zonepath: quoted ?? bare ?? '', uuid } }
  })
}

/**
 * Writes the file. Writers always emit the third colon, except on the global line, which is never rewritten.
 * @throws ZoneValueInvalid when a zonepath cannot stand in the index
 */
export function renderIndex(lines: readonly IndexLine[]): string {
  return lines.map((each) => `${'text' in each ? each.text : renderEntry(each.entry)}\n`).join('')
}

function renderEntry({ name, state, zonepath, uuid }: IndexEntry): string {
  if (name === 'global') return `global:${state}:${zonepath}${uuid && `:${uuid}`}`
  if (/["\n\r\0]/.test(zonepath)) {
    throw new ProvisionError(
      'invalid',
      'ZoneValueInvalid',
      `zonepath is ${JSON.stringify(zonepath)}, expected a path without quotes or newlines`,
    )
  }
  return `${name}:${state}:${zonepath.includes(':') ? `"${zonepath}"` : zonepath}:${uuid}`
}

/**
 * The entry after a change of state (UUID rule, zones.md 1.2): below `installed` the stored uuid is emptied; whenever the
 * state is not `configured` and the field is empty, a new one is made.
 */
export function withState(entry: IndexEntry, state: IndexState, newUuid: () => string): IndexEntry {
  const kept = state === 'installed' ? entry.uuid : ''
  return { ...entry, state, uuid: state !== 'configured' && kept === '' ? newUuid() : kept }
}
