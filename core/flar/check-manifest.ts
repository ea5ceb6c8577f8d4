// Holds the manifest of a differential archive against the tree of a client: may it be installed there, and what goes (jumpstart.md 4.6).
import type { FlarFilter } from './filters.ts'
import type { FlarManifest, ManifestLine, OldFile } from './manifest.ts'
import { below, differenceOf, isDirectory, type FileTree } from './trees.ts'

interface ManifestConflict {
  path: string
  /** in words */
  why: string
}

interface ManifestCheck {
  /** in what the tree is not as the old image was */
  conflicts: readonly ManifestConflict[]
  /** the installation stops; by force only where something is missing or changed that must be as it was */
  isRefused: boolean
  /** what must be deleted before the archive is unpacked, what is in a directory before it; absolute */
  deletions: readonly string[]
  /** lines that were compared */
  compared: number
}

interface Options {
  /** forced_deployment: new and changed files are deleted */
  force?: boolean
  /** paths of the client's own that nobody compares: /usr/lib/flash/flash_exclusion_list */
  excluded?: readonly string[]
}

/** Whether a differential archive with this manifest may be installed on a client's tree, and what it would delete there. */
export function checkManifest(
  { filters, lines }: FlarManifest,
  client: FileTree,
  { force = false, excluded = [] }: Options = {},
): ManifestCheck {
  const isExcluded = excludes([...excluded.map((path) => ({ sign: '-', path }) as const), ...filters])
  const conflicts: ManifestConflict[] = []
  const deletions = new Set<string>()
  let isRefused = false
  let listed = new Set<string>()
  const closed = new Set<string>()
  let compared = 0
  for (const line of lines) {
    if (line.kind === 'closed') {
      // a directory is closed once: a million such lines would list it as often
      if (closed.has(line.path)) continue
      closed.add(line.path)
      for (const path of newFiles(line.path, client, listed)) {
        if (isExcluded(path)) continue
        isRefused ||= !force
        conflicts.push({ path, why: 'it is new here: the old image had no such file' })
        if (force) for (const each of withAllBelow(path, client)) deletions.add(each)
      }
      listed = new Set()
      continue
    }
    listed.add(line.path)
    if (line.kind === 'new' || isExcluded(line.path)) continue
    compared += 1
    const why = whyNot(line, client)
    if (why !== undefined) {
      conflicts.push({ path: line.path, why })
      isRefused ||= !force || line.kind === 'kept'
    }
    const isThere = client.get(line.path) !== undefined
    if (line.kind === 'gone' && isThere && (why === undefined || force)) deletions.add(line.path)
  }
  return { conflicts, isRefused, deletions: [...deletions].toSorted(deepestFirst), compared }
}

/** As the installer has it: a filter speaks of exactly its path, and of two for the same path the last one counts. */
function excludes(filters: readonly FlarFilter[]): (path: string) => boolean {
  const signs = new Map(filters.map(({ sign, path }) => [path, sign]))
  return (path) => signs.get(path) === '-'
}

/** What is to be deleted may be gone already; what stays may not. */
function whyNot(line: ManifestLine & { old: OldFile }, client: FileTree): string | undefined {
  const now = client.get(line.path)
  if (now) return differenceOf(line.old, now)
  return line.kind === 'kept' ? 'it is missing here, the old image had it' : undefined
}

function newFiles(directory: string, client: FileTree, listed: ReadonlySet<string>): string[] {
  return client
    .names(directory)
    .filter((name) => name !== 'lost+found')
    .map((name) => below(directory, name))
    .filter((path) => !listed.has(path))
}

/** Without recursion: how deep a client's tree is, is not ours to know. */
function withAllBelow(path: string, client: FileTree): string[] {
  const found = [path]
  for (let next = 0; next < found.length; next++) {
    const directory = found[next] ?? path
    const file = client.get(directory)
    if (file && isDirectory(file))
      found.push(...client.names(directory).map((name) => below(directory, name)))
  }
  return found
}

function deepestFirst(a: string, b: string): number {
  return b.split('/').length - a.split('/').length || (a < b ? -1 : 1)
}
