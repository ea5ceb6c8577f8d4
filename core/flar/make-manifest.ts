/** Compares an old image with a new one: the manifest of what the client must have, and what the archive must bring. */
import type { FlarFilters } from './filters.ts'
import type { FlarManifest, ManifestLine } from './manifest.ts'
import { below, isDirectory, isSameType, oldFileOf, type FileTree, type TreeFile } from './trees.ts'

export interface Difference {
  manifest: FlarManifest
  /** paths of the new image that the archive brings, a directory before what is in it; absolute */
  brought: readonly string[]
}

/**
 * Each directory of the old image has its lines together, then its `\d` line: so nobody needs to know the order in which the client walks.
 * A file that changed has a line with what it was in the old image, since the client is looked at before the archive is unpacked; one that
 * changed its type has two, one that it goes and one that it comes. lost+found is nobody's.
 * What the client has new in one of the directories `unclosed` is its own affair.
 */
export function makeManifest(
  oldTree: FileTree,
  newTree: FileTree,
  filters: FlarFilters,
  unclosed: ReadonlySet<string> = new Set(),
): Difference {
  const lines: ManifestLine[] = []
  const brought: string[] = []
  const directories = ['/']
  for (let next = 0; next < directories.length; next++) {
    const directory = directories[next] ?? '/'
    for (const path of pathsIn(directory, oldTree, newTree)) {
      if (path.endsWith('/lost+found')) continue
      const before = oldTree.get(path)
      const now = newTree.get(path)
      if (filters.takes(path)) {
        lines.push(...linesOf(path, before, now))
        if (now && (!before || isChanged(before, now))) brought.push(path)
      }
      const isOpen = (before !== undefined && isDirectory(before)) || (now !== undefined && isDirectory(now))
      if (isOpen && filters.mayTakeBelow(path)) directories.push(path)
    }
    const before = oldTree.get(directory)
    if (before && isDirectory(before) && !unclosed.has(directory))
      lines.push({ kind: 'closed', path: directory })
  }
  return { manifest: { filters: filters.list, lines }, brought: brought.toSorted(byPath) }
}

/** Names of both trees, each once. */
function pathsIn(directory: string, ...trees: readonly FileTree[]): string[] {
  const names = new Set(trees.flatMap((tree) => tree.names(directory)))
  return [...names].toSorted().map((name) => below(directory, name))
}

function linesOf(path: string, before: TreeFile | undefined, now: TreeFile | undefined): ManifestLine[] {
  if (!before) return [{ kind: 'new', path }]
  if (now && isSameType(before, now)) return [{ kind: 'kept', path, old: oldFileOf(before) }]
  const gone: ManifestLine = { kind: 'gone', path, old: oldFileOf(before) }
  return now ? [gone, { kind: 'new', path }] : [gone]
}

function isChanged(before: TreeFile, now: TreeFile): boolean {
  if (before.mode !== now.mode || before.uid !== now.uid || before.gid !== now.gid) return true
  // what is in a directory changes its time
  if (isDirectory(now)) return false
  return before.mtime !== now.mtime || before.size !== now.size || before.link !== now.link
}

const byPath = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
