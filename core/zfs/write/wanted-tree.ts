// What a source says a tree shall be: names, and the files behind them, in the order in which they came. Metadata only.
import { decodeName } from '../../archive/member.ts'
import { refusal } from '../../archive/refusals.ts'
import { quoted } from '../../quoted.ts'
import type { NodeType } from '../tree.ts'
import type { SourceEntry, TreeSource } from './tree-source.ts'

/** A file with all its names; anything else has one. */
export interface WantedNode {
  type: NodeType
  /** absent for a directory that is only implied by what lies in it */
  entry?: SourceEntry
  /** which entry its contents are */
  index: number
  /** the last name of each path, as bytes */
  names: Map<string, Uint8Array>
}

export class WantedTree {
  /** by path; parents before what is in them */
  readonly names = new Map<string, WantedNode>()
  readonly #inside: string

  private constructor(inside: string) {
    this.#inside = inside
  }

  /** `inside` is where the tree begins: `.`, or `root` for the root of a zone. @throws DuplicateEntry, HardLinkTarget, UnsupportedEntry */
  static async of(source: TreeSource, inside: string): Promise<WantedTree> {
    const tree = new WantedTree(inside)
    let index = 0
    for await (const entry of source.entries()) tree.#add(entry, index++)
    return tree
  }

  #add(entry: SourceEntry, index: number): void {
    // nothing but its process can use a socket, so none is ever written
    if (entry.type === 'socket') return
    const path = this.#pathOf(entry.path)
    const name = entry.path.at(-1)?.slice() ?? new Uint8Array()
    for (let depth = 0; depth < entry.path.length; depth++) this.#imply(entry.path.slice(0, depth))
    const before = this.#at(path, name)
    if (before && (before.type === 'directory') !== (entry.type === 'directory')) {
      throw refusal(
        'DuplicateEntry',
        `${quoted(path)} comes as a ${entry.type} and was a ${before.type} before`,
      )
    }
    if (before && entry.type === 'directory') {
      before.entry = entry
      return
    }
    if (entry.type === 'file' && entry.size > 0 && entry.sha256 === undefined) {
      throw refusal('UnsupportedEntry', `${quoted(path)} has no sha256, by which it is compared`)
    }
    const node =
      entry.type === 'hardlink'
        ? this.#linked(entry, path)
        : { type: entry.type, entry: copied(entry), index, names: new Map() }
    before?.names.delete(path)
    this.names.set(path, node)
    node.names.set(path, name)
  }

  #linked({ linkTo = [] }: SourceEntry, path: string): WantedNode {
    const target = this.#pathOf(linkTo)
    for (const [depth, name] of linkTo.entries()) this.#at(this.#pathOf(linkTo.slice(0, depth + 1)), name)
    const found = this.names.get(target)
    if (found && found.type !== 'directory' && target !== path) return found
    throw refusal(
      'HardLinkTarget',
      `${quoted(path)} is a hard link to ${quoted(target)}, expected an earlier entry that is no directory`,
    )
  }

  #imply(names: readonly Uint8Array[]): void {
    const path = this.#pathOf(names)
    const name = names.at(-1)?.slice() ?? new Uint8Array()
    const before = this.#at(path, name)
    if (before?.type === 'directory') return
    if (before)
      throw refusal('DuplicateEntry', `${quoted(path)} is a ${before.type}, and something lies below it`)
    this.names.set(path, { type: 'directory', index: -1, names: new Map([[path, name]]) })
  }

  /** What is there already. @throws DuplicateEntry when that has another name, of other bytes, that is shown alike */
  #at(path: string, name: Uint8Array): WantedNode | undefined {
    const found = this.names.get(path)
    const there = found?.names.get(path)
    if (there === undefined || sameBytes(there, name)) return found
    throw refusal('DuplicateEntry', `${quoted(path)} is shown for two names, one of them not UTF-8`)
  }

  #pathOf(names: readonly Uint8Array[]): string {
    const path = names.map(decodeName).join('/')
    if (path === '') return this.#inside
    return this.#inside === '.' ? path : `${this.#inside}/${path}`
  }
}

/** A source may use the memory of an entry again. */
function copied(entry: SourceEntry): SourceEntry {
  return { ...entry, ...(entry.target && { target: entry.target.slice() }) }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
}
