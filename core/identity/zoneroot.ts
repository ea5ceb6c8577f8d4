// Writing into a zoneroot, noted down as changes: the same words with the same meaning as in finish-scripts/zoneroot.sh.
import { ProvisionError } from '../errors.ts'
import type { Change } from '../zfs/write/change.ts'
import { matchesPattern } from './name-pattern.ts'
import type { ZonerootEntry } from './zoneroot-entry.ts'
import { nameOf, parentOf } from './zoneroot-index.ts'
import { ZonerootTree } from './zoneroot-tree.ts'

const SETGID = 0o2000
/** far above any account or settings file */
const MAX_REWRITTEN = 1024 * 1024

export interface ZonerootOptions {
  entries: Iterable<ZonerootEntry>
  /** contents of a file of the template */
  readFile: (path: string) => Promise<Uint8Array>
  /** of the zone, for messages */
  zone: string
}

export class Zoneroot {
  readonly #tree: ZonerootTree
  readonly #readFile: ZonerootOptions['readFile']
  readonly #zone: string
  /** by path, in the order of their making; one for a path is enough, since each says what becomes of it */
  readonly #changes = new Map<string, Change>()

  constructor({ entries, readFile, zone }: ZonerootOptions) {
    this.#tree = new ZonerootTree(entries)
    this.#readFile = readFile
    this.#zone = zone
  }

  /** What was done so far. */
  changes(): Change[] {
    return [...this.#changes.values()]
  }

  /** The file gets these contents, root as owner; a symbolic link of that name is replaced. @throws IdentityRefused */
  put(path: string, mode: number, contents: string | Uint8Array): void {
    this.#needRealParents(path)
    if (this.#tree.at(path)?.type === 'directory') throw this.#refused(path, 'it is a directory')
    const parent = this.#needDirectory(path)
    const gid = (parent.mode & SETGID) === 0 ? 0 : parent.gid
    this.#write({ path, type: 'file', mode, uid: 0, gid, size: 0 }, contents)
  }

  /** A regular file gets these contents; owner and mode stay. @throws IdentityRefused */
  rewrite(path: string, contents: Uint8Array): void {
    this.#needRealParents(path)
    const entry = this.#tree.at(path)
    if (entry?.type !== 'file') throw this.#refused(path, 'it is no file')
    this.#write(entry, contents)
  }

  /** What is there goes; then a symbolic link takes its place. */
  link(path: string, target: string): void {
    this.drop(path)
    this.#needDirectory(path)
    this.#tree.set({ path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, size: 0, target })
    this.#note({ kind: 'symlink', path, uid: 0, gid: 0, target: new TextEncoder().encode(target) })
  }

  /** Contents of a regular file, as they are by now. @throws IdentityRefused when it is absurdly large */
  async contents(path: string): Promise<Uint8Array> {
    const change = this.#changes.get(path)
    if (change?.kind === 'file' && change.contents instanceof Uint8Array) return change.contents
    if (change?.kind === 'empty') return new Uint8Array()
    const size = this.#tree.at(path)?.size ?? 0
    if (size > MAX_REWRITTEN)
      throw this.#refused(path, `it has ${size} bytes, expected at most ${MAX_REWRITTEN}`)
    return this.#readFile(path)
  }

  /** A regular file, no link, reached through real directories. */
  isFile(path: string): boolean {
    return this.#tree.linkOnTheWay(path) === undefined && this.#tree.at(path)?.type === 'file'
  }

  /** `[ -f PATH ]`: a file, maybe behind links, all followed inside the zoneroot. */
  leadsToFile(path: string): boolean {
    return this.#tree.resolve(path)?.type === 'file'
  }

  /** `[ -d PATH ]`. */
  leadsToDirectory(path: string): boolean {
    return this.#tree.resolve(path)?.type === 'directory'
  }

  /** @throws IdentityRefused when a directory on the way to one of them is a symbolic link; as all below */
  drop(...paths: string[]): void {
    for (const path of paths) {
      this.#needRealParents(path)
      if (this.#tree.at(path)) this.#remove(path)
    }
  }

  /** Names in the directory, which may be missing: files, links and directories. */
  dropMatching(directory: string, ...patterns: string[]): void {
    for (const path of this.#matching(directory, patterns)) {
      const type = this.#tree.at(path)?.type
      if (type === 'file' || type === 'symlink' || type === 'directory') this.#remove(path)
    }
  }

  /** The files stay, their contents go. */
  empty(...paths: string[]): void {
    for (const path of paths) {
      this.#needRealParents(path)
      this.#empty(path)
    }
  }

  /** Regular files in the directory, which may be missing. */
  emptyMatching(directory: string, ...patterns: string[]): void {
    for (const path of this.#matching(directory, patterns)) this.#empty(path)
  }

  /** Every regular file below it. */
  emptyBelow(directory: string): void {
    this.needRealDirectory(directory)
    for (const path of this.#tree.below(directory)) this.#empty(path)
  }

  /** That the directory and all above it are no symbolic links; they may be missing. @throws IdentityRefused */
  needRealDirectory(directory: string): void {
    this.#needRealParents(`${directory}/x`)
  }

  #matching(directory: string, patterns: readonly string[]): string[] {
    this.needRealDirectory(directory)
    const names = this.#tree.children(directory)
    return names.filter((path) => patterns.some((pattern) => matchesPattern(nameOf(path), pattern)))
  }

  #write(entry: ZonerootEntry, contents: string | Uint8Array): void {
    const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents
    const { path, mode, uid, gid } = entry
    // the shell writes beside and renames
    if (this.#tree.at(`${path}.zoneflash`)) this.#remove(`${path}.zoneflash`)
    this.#tree.set({ ...entry, size: bytes.byteLength })
    this.#note({ kind: 'file', path, mode, uid, gid, contents: bytes })
  }

  #empty(path: string): void {
    const entry = this.#tree.at(path)
    if (entry?.type !== 'file' || entry.size === 0) return
    const change = this.#changes.get(path)
    this.#tree.set({ ...entry, size: 0 })
    this.#note(change?.kind === 'file' ? { ...change, contents: new Uint8Array() } : { kind: 'empty', path })
  }

  #remove(path: string): void {
    for (const gone of this.#tree.below(path)) this.#changes.delete(gone)
    this.#tree.delete(path)
    this.#note({ kind: 'remove', path })
  }

  #note(change: Change): void {
    this.#changes.delete(change.path)
    this.#changes.set(change.path, change)
  }

  #needRealParents(path: string): void {
    const link = this.#tree.linkOnTheWay(path)
    if (link !== undefined) throw this.#refused(path, `${link} in it is a symbolic link`)
  }

  #needDirectory(path: string): ZonerootEntry {
    const parent = this.#tree.at(parentOf(path))
    if (parent?.type === 'directory') return parent
    throw this.#refused(path, `${parentOf(path)} in it is no directory`)
  }

  #refused(path: string, why: string): ProvisionError {
    return new ProvisionError(
      'conflict',
      'IdentityRefused',
      `refused to write ${path} in the zoneroot of ${this.#zone}: ${why}`,
    )
  }
}
