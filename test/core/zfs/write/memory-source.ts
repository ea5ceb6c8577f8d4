import { createHash } from 'node:crypto'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

export interface MemoryEntry extends Partial<Omit<SourceEntry, 'path' | 'linkTo'>> {
  /** Latin-1 */
  path: string
  linkTo?: string
  contents?: Uint8Array
  /** what comes in the second pass, where it is something else */
  later?: Uint8Array
}

const names = (path: string) =>
  path
    .split('/')
    .filter(Boolean)
    .map((name) => Buffer.from(name, 'latin1'))

/** A tree in memory. Pieces of contents are small and of odd lengths. */
export class MemorySource implements TreeSource {
  readonly #entries: readonly MemoryEntry[]
  readonly #pieceBytes: number

  constructor(entries: readonly MemoryEntry[], pieceBytes = 70_001) {
    this.#entries = entries
    this.#pieceBytes = pieceBytes
  }

  async *entries(): AsyncGenerator<SourceEntry> {
    for (const { path, linkTo, contents, later: _later, ...entry } of this.#entries) {
      yield {
        path: names(path),
        type: 'file',
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: 1_000_000_000,
        mtimeNsec: 0,
        size: contents?.byteLength ?? 0,
        ...(linkTo !== undefined && { linkTo: names(linkTo) }),
        ...(contents && { sha256: createHash('sha256').update(contents).digest('hex') }),
        ...entry,
      }
    }
  }

  async *contents(): AsyncGenerator<SourceContents> {
    for (const [index, { contents, later }] of this.#entries.entries()) {
      if (contents && contents.byteLength > 0) yield { index, bytes: this.#pieces(later ?? contents) }
    }
  }

  async *#pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += this.#pieceBytes)
      yield bytes.slice(at, at + this.#pieceBytes)
  }
}
