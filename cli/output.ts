// How commands print: tables for people, JSON for programs, sizes and modes in the usual spelling.
import type { Entry } from '#core/entry.ts'

/** Writes to stdout and waits while the reader is slow. */
export async function print(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text))
    await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()))
}

export const printLine = (line: string): Promise<void> => print(`${line}\n`)

export const printJson = (value: unknown): Promise<void> => printLine(JSON.stringify(value, undefined, 2))

/** Lines with columns padded to the widest cell; the last column is left ragged. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** `832 B`, `1.4 MiB` */
export function renderBytes(bytes: number): string {
  let value = bytes
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`
    value /= 1024
  }
  return `${value.toFixed(1)} TiB`
}

const typeLetter: Record<Entry['type'] | 'socket', string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  block: 'b',
  character: 'c',
  fifo: 'p',
  socket: 's',
}

/** The ten characters that begin a line of `ls -l`; a hard link shows as `h`. */
export function renderMode({ type, mode }: { type: keyof typeof typeLetter; mode: number }): string {
  const special = [
    { bit: 0o4000, set: 's', at: 3 },
    { bit: 0o2000, set: 's', at: 6 },
    { bit: 0o1000, set: 't', at: 9 },
  ]
  const letters = `${typeLetter[type]}rwxrwxrwx`
    .split('')
    .map((letter, index) => (index === 0 || mode & (1 << (9 - index)) ? letter : '-'))
  for (const { bit, set, at } of special)
    if (mode & bit) letters[at] = letters[at] === '-' ? set.toUpperCase() : set
  return letters.join('')
}

/** One line of a listing as `tar -tv` and `ls -l` print it. Control characters are escaped: a name cannot steer the terminal. */
export function renderEntry(entry: Entry): string {
  const owner = `${entry.uid}/${entry.gid}`
  const size = entry.device ?? String(entry.size)
  const arrow = entry.type === 'hardlink' ? ' link to ' : ' -> '
  const link = entry.link === undefined ? '' : `${arrow}${renderName(entry.link)}`
  return `${renderMode(entry)} ${owner.padEnd(9)} ${size.padStart(10)} ${renderTime(entry.mtime)} ${renderName(entry.path)}${link}`
}

/** Seconds since the epoch as `2023-11-18 01:22`; those of no calendar as `@9000000000000`. */
export function renderTime(seconds: number): string {
  return renderInstant(seconds)
    .replace('T', ' ')
    .replace(/:\d\d\.\d{3}Z$/, '')
}

/** The same to the second, as `2023-11-18T01:22:33.000Z`. */
export function renderInstant(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `@${seconds}` : date.toISOString()
}

/** Text of several lines with all other control characters as `\xNN`. */
export function renderText(text: string): string {
  return text.split('\n').map(renderName).join('\n')
}

/** A name with its control characters as `\xNN`. */
export function renderName(name: string): string {
  return name.replace(
    // oxlint-disable-next-line no-control-regex -- they are what is escaped
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
