// Compares an old image with a new one: the manifest of what the client must have, and what the archive must bring.
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import type { FlarFilter, FlarFilters } from './filters.ts'
import type { FlarManifest, ManifestLine } from './manifest.ts'
import { isShellWord } from './shell-word.ts'
import { below, isDirectory, isSameType, oldFileOf, type FileTree, type TreeFile } from './trees.ts'

export interface Difference {
  manifest: FlarManifest
  /** paths of the new image that the archive brings, a directory before what is in it; absolute */
  brought: readonly string[]
  /** paths that the new image lacks and that clients keep nevertheless: nothing else can be said of them in a manifest */
  staying: readonly { path: string; why: string }[]
}

/** The installer itself writes there on each clone (jumpstart.md 4.5): the old image need not have it. */
const INSTALLERS_OWN: readonly FlarFilter[] = [
  { sign: '-', path: '/etc/flash' },
  { sign: '-', path: '/etc/flash/master' },
]

/**
 * Each directory of the old image has its lines together, then its `\d` line: so nobody needs to know the order in which the client walks.
 * A directory is closed only where each of its files has a line or a filter of exactly its path, as the installer compares them: what
 * it finds there besides, it calls new, and deletes by force. A file that changed has a line with what it was in the old image, since
 * the client is looked at before the archive is unpacked; one that changed its type has two, one that it goes and one that it comes.
 * lost+found is nobody's. What the client has new in one of the directories `unclosed` is its own affair.
 * @throws FlarInvalid for a change of type that would delete more than itself
 */
export function makeManifest(
  oldTree: FileTree,
  newTree: FileTree,
  filters: FlarFilters,
  unclosed: ReadonlySet<string> = new Set(),
): Difference {
  const lines: ManifestLine[] = []
  const brought: string[] = []
  const removals = new Removals(filters)
  const directories = ['/']
  for (let next = 0; next < directories.length; next++) {
    const directory = directories[next] ?? '/'
    for (const path of pathsIn(directory, oldTree, newTree)) {
      if (path.endsWith('/lost+found')) continue
      const before = oldTree.get(path)
      const now = newTree.get(path)
      if (filters.takes(path)) {
        lines.push(...linesOf(path, before, now, removals))
        if (now && (!before || isChanged(before, now))) brought.push(path)
      }
      const isOpen = (before !== undefined && isDirectory(before)) || (now !== undefined && isDirectory(now))
      if (isOpen && filters.mayTakeBelow(path)) directories.push(path)
    }
    const before = oldTree.get(directory)
    const isClosed = filters.takesAllIn(directory) && !unclosed.has(directory)
    if (before && isDirectory(before) && isClosed) lines.push({ kind: 'closed', path: directory })
  }
  const own = new Set(INSTALLERS_OWN.map(({ path }) => path))
  const others = filters.byName.filter(({ path }) => !own.has(path))
  return {
    manifest: { filters: [...others, ...INSTALLERS_OWN], lines },
    brought: brought.toSorted(byPath),
    staying: removals.staying,
  }
}

/** Names of both trees, each once. */
function pathsIn(directory: string, ...trees: readonly FileTree[]): string[] {
  const names = new Set(trees.flatMap((tree) => tree.names(directory)))
  return [...names].toSorted().map((name) => below(directory, name))
}

function linesOf(
  path: string,
  before: TreeFile | undefined,
  now: TreeFile | undefined,
  removals: Removals,
): ManifestLine[] {
  if (!before) return [{ kind: 'new', path }]
  const kept: ManifestLine = { kind: 'kept', path, old: oldFileOf(before) }
  if (now && isSameType(before, now)) return [kept]
  const why = removals.whyNot(path, before)
  if (now) {
    if (why !== undefined) throw cannotChangeType(path, why)
    return [
      { kind: 'gone', path, old: oldFileOf(before) },
      { kind: 'new', path },
    ]
  }
  if (why === undefined) return [{ kind: 'gone', path, old: oldFileOf(before) }]
  removals.keep(path, why)
  return [kept]
}

/** What the installer may be told to delete: it hands the path to a shell, unquoted, with all that is below it. */
class Removals {
  readonly staying: { path: string; why: string }[] = []
  readonly #filters: FlarFilters
  /** directories that go, and what goes with them */
  readonly #gone = new Set<string>()

  constructor(filters: FlarFilters) {
    this.#filters = filters
  }

  /** In words; undefined when it may be deleted. A directory is asked for before what is in it. */
  whyNot(path: string, file: TreeFile): string | undefined {
    if (!isShellWord(path))
      return 'the installer hands names to a shell, which would not take this one as it is'
    if (!isDirectory(file)) return undefined
    if (!this.#filters.takesAllBelow(path)) return 'filters leave out something below it'
    this.#gone.add(path)
    return undefined
  }

  /** What goes with its directory needs no line of its own. */
  keep(path: string, why: string): void {
    if (this.#gone.has(path.slice(0, path.lastIndexOf('/')))) this.#gone.add(path)
    else this.staying.push({ path, why })
  }
}

function cannotChangeType(path: string, why: string): Error {
  return refusal(
    'FlarInvalid',
    `${quoted(path)} is of another type in the new tree, and cannot be deleted on clients before: ${why}`,
  )
}

function isChanged(before: TreeFile, now: TreeFile): boolean {
  if (before.mode !== now.mode || before.uid !== now.uid || before.gid !== now.gid) return true
  // what is in a directory changes its time
  if (isDirectory(now)) return false
  return before.mtime !== now.mtime || before.size !== now.size || before.link !== now.link
}

const byPath = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
