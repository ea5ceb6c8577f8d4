// A flash archive's payload from a directory: all of it, or what is not as in an old image.
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { EMPTIED, readLocalTree, stoppable, walkTree, type LocalFile } from '#adapters/flar/local-tree.ts'
import { measureTree, type MeasuredTree } from '#adapters/flar/measure-tree.ts'
import { payloadSize, writePayload } from '#adapters/flar/write-payload.ts'
import type { Archiver } from '#core/flar/archiver.ts'
import {
  filterPath,
  FlarFilters,
  parseFilterLines,
  parsePathLines,
  type FileList,
  type FlarFilter,
} from '#core/flar/filters.ts'
import { makeManifest, type Difference } from '#core/flar/make-manifest.ts'
import { renderManifest } from '#core/flar/manifest.ts'
import type { FlarSection } from '#core/flar/sections.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead, STDIN } from '../file-failures.ts'
import type { FlarSource } from './source.ts'

export interface DirectoryOptions {
  root?: string
  oldImage?: string
  archiver?: Archiver
  exclude?: string[]
  include?: string[]
  filters?: string[]
  excludeList?: string[]
  files?: string
  onlyFiles?: boolean
  /** commander: false for -M */
  manifest: boolean
}

/** Files that stay on clients are told one by one up to here. */
const MAX_STAYING_TOLD = 20

/** Which files, in the order of their names, as often as they are asked for. */
type OpenFiles = () => AsyncIterable<LocalFile>

/** The directory of -R, or what differs in it from that of -A; `output` below it is passed over. @throws CliFailure, FlarInvalid */
export async function sourceOfDirectory(
  options: DirectoryOptions,
  output: string,
  signal: AbortSignal,
): Promise<FlarSource> {
  const { root, oldImage } = options
  if (root === undefined) throw usageFailure('expected -R DIR or --template NAME')
  await checkDirectory(root)
  const filters = await filtersOf(options)
  const unfinished = output === STDIN ? undefined : unfinishedIn(root, output)
  const all: OpenFiles = () => stoppable(walkTree(root, filters, unfinished), signal)
  const difference = oldImage === undefined ? undefined : await compare(oldImage, root, filters, signal)
  const brought = difference && new Set(difference.brought)
  const files = brought ? () => filtered(all(), brought) : all
  const measured = await measureTree(files()).catch(cannotRead(root))
  const archiver = archiverOf(options.archiver, measured)
  const archivedSize = await payloadSize(files(), archiver, measured.links).catch(cannotRead(root))
  const manifest = difference && options.manifest ? [difference.section] : []
  return {
    description: { archiver, type: difference ? 'DIFFERENTIAL' : 'FULL' },
    compression: 'none',
    archivedSize,
    unarchivedSize: measured.unarchivedBytes,
    sections: manifest,
    notes: [
      ...notesOf(measured, archiver, options.archiver),
      ...(difference && options.manifest ? stayingNotes(difference.staying) : []),
    ],
    payload: checked(root, writePayload(files(), archiver, measured.links), archivedSize),
  }
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(cannotRead(directory))
  if (!found.isDirectory()) throw refused('CannotRead', `${directory} is no directory`)
}

/** All filters are one list: which one a path came from does not matter. */
async function filtersOf(options: DirectoryOptions): Promise<FlarFilters> {
  const { exclude = [], include = [], filters = [], excludeList = [], files, onlyFiles = false } = options
  if (onlyFiles && files === undefined)
    throw usageFailure('-F takes only the files of a list, expected -f FILE')
  const signed = (sign: '+' | '-', paths: readonly string[]): FlarFilter[] =>
    paths.map((each) => ({ sign, path: filterPath(each) }))
  const list: FlarFilter[] = [...signed('-', exclude), ...signed('+', include)]
  for (const file of filters) list.push(...parseFilterLines(await textOf(file)))
  for (const file of excludeList) list.push(...signed('-', parsePathLines(await textOf(file))))
  const named: FileList | undefined =
    files === undefined ? undefined : { paths: parsePathLines(await textOf(files)), isOnly: onlyFiles }
  return new FlarFilters(list, named)
}

async function textOf(file: string): Promise<string> {
  if (file !== STDIN) return readFile(file, 'utf8').catch(cannotRead(file))
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

/** An archive that is written into the tree that it is made of is none of its files. */
function unfinishedIn(root: string, output: string): string | undefined {
  const relative = path.relative(path.resolve(root), path.resolve(output))
  return relative.startsWith('..') ? undefined : `${root}/${relative}.part`
}

async function compare(
  oldImage: string,
  root: string,
  filters: FlarFilters,
  signal: AbortSignal,
): Promise<{ section: FlarSection } & Pick<Difference, 'brought' | 'staying'>> {
  await checkDirectory(oldImage)
  const read = (directory: string) =>
    readLocalTree(directory, stoppable(walkTree(directory, filters), signal)).catch(cannotRead(directory))
  const [before, now] = [await read(oldImage), await read(root)]
  const { manifest, brought, staying } = makeManifest(before, now, filters, EMPTIED)
  return { section: { name: 'manifest', content: renderManifest(manifest) }, brought, staying }
}

function stayingNotes(staying: Difference['staying']): string[] {
  const told = staying
    .slice(0, MAX_STAYING_TOLD)
    .map(({ path: file, why }) => `${JSON.stringify(file)} stays on clients: ${why}`)
  const more = staying.length - told.length
  return more > 0 ? [...told, `${more} more files stay on clients`] : told
}

function archiverOf(
  wanted: Archiver | undefined,
  { tooMuchForCpio, tooMuchForOldCpio }: MeasuredTree,
): Archiver {
  if (wanted === 'cpio' && tooMuchForCpio) {
    const { path: file, why } = tooMuchForCpio
    throw refused('CpioCannotHold', `${JSON.stringify(file)} ${why}`, { advice: 'use -L pax' })
  }
  return wanted ?? (tooMuchForCpio || tooMuchForOldCpio ? 'pax' : 'cpio')
}

function notesOf(measured: MeasuredTree, archiver: string, wanted: string | undefined): string[] {
  const { devices, sockets, tooMuchForCpio, tooMuchForOldCpio } = measured
  const tooMuch = tooMuchForCpio ?? tooMuchForOldCpio
  return [
    ...(devices > 0 ? [`devices: ${devices}, left out: every system makes its own`] : []),
    ...(sockets > 0 ? [`sockets: ${sockets}, left out: they belong to who runs`] : []),
    ...(archiver === 'pax' && wanted === undefined && tooMuch
      ? [`pax, not cpio: ${JSON.stringify(tooMuch.path)} ${tooMuch.why}`]
      : []),
    ...(archiver === 'cpio' && tooMuch ? [`${JSON.stringify(tooMuch.path)} ${tooMuch.why}`] : []),
  ]
}

/** @throws SourceChanged when it is not as long as it was measured */
async function* checked(
  root: string,
  payload: AsyncIterable<Uint8Array>,
  expected: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    for await (const chunk of payload) {
      bytes += chunk.byteLength
      yield chunk
    }
  } catch (error) {
    cannotRead(root)(error)
  }
  if (bytes === expected) return
  throw refused(
    'SourceChanged',
    `files came or went below ${root} while it was read: ${bytes} bytes, ${expected} before`,
    { advice: 'halt what runs there, then run the command again' },
  )
}

async function* filtered(
  files: AsyncIterable<LocalFile>,
  paths: ReadonlySet<string>,
): AsyncGenerator<LocalFile> {
  for await (const file of files) if (paths.has(file.path)) yield file
}
