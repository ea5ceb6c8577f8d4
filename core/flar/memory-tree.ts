// A tree by path in memory, from what was read of one.
import type { FileTree, TreeFile } from './trees.ts'

export class MemoryTree implements FileTree {
  readonly #files = new Map<string, TreeFile>()
  readonly #names = new Map<string, string[]>()

  /** `path` absolute, its directory before it; the root is `/`. */
  add(path: string, file: TreeFile): void {
    this.#files.set(path, file)
    if (path === '/') return
    const slash = path.lastIndexOf('/')
    const directory = slash === 0 ? '/' : path.slice(0, slash)
    const names = this.#names.get(directory)
    const name = path.slice(slash + 1)
    if (names) names.push(name)
    else this.#names.set(directory, [name])
  }

  get(path: string): TreeFile | undefined {
    return this.#files.get(path)
  }

  names(directory: string): readonly string[] {
    return this.#names.get(directory) ?? []
  }

  /** All paths, in the order in which they were added. */
  paths(): Iterable<string> {
    return this.#files.keys()
  }
}
