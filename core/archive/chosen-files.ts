// The files of an archive whose contents somebody wants to see, by what the index says of them.
import type { Entry } from '../entry.ts'

/** Reads files by their paths in the archive, each with how many of its bytes are wanted. */
export type ReadChosen = (
  wanted: ReadonlyMap<string, number>,
) => AsyncIterable<{ path: string; contents: Uint8Array }>

/** Who wants a file, and where it lies in the zone. */
export interface Reader<By> {
  path: string
  by: By
}

/** A hard link may name another one; archivers make no chains as long as this. */
const MAX_CHAIN = 40

export class ChosenFiles<By> {
  readonly #max: number
  readonly #wanted = new Map<string, { bytes: number; readers: Reader<By>[] }>()
  /** where the link leads that was wanted, and so its contents come from */
  readonly #linked = new Map<string, string>()
  /** the first path that was one too many, for each who wanted it */
  readonly leftOut = new Map<By, string>()

  constructor(max: number) {
    this.#max = max
  }

  want(entry: Entry, bytes: number, reader: Reader<By>): void {
    const before = this.#wanted.get(entry.path)
    if (before === undefined && this.#wanted.size >= this.#max) {
      if (!this.leftOut.has(reader.by)) this.leftOut.set(reader.by, reader.path)
      return
    }
    if (entry.type === 'hardlink' && entry.link !== undefined) this.#linked.set(entry.path, entry.link)
    const isKnown = before?.readers.some(({ path, by }) => path === reader.path && by === reader.by) ?? false
    this.#wanted.set(entry.path, {
      bytes: Math.max(before?.bytes ?? 0, bytes),
      readers: [...(before?.readers ?? []), ...(isKnown ? [] : [reader])],
    })
  }

  /** Each file that has contents, with all who want them; a file that comes several times in the archive comes several times. */
  async *read(
    read: ReadChosen,
    entries: () => AsyncIterable<Entry>,
  ): AsyncGenerator<{ contents: Uint8Array; readers: readonly Reader<By>[] }> {
    if (this.#wanted.size === 0) return
    await this.#followLinks(entries)
    const readers = new Map<string, Reader<By>[]>()
    const bytes = new Map<string, number>()
    for (const [path, wanted] of this.#wanted) {
      const at = this.#linked.get(path) ?? path
      readers.set(at, [...(readers.get(at) ?? []), ...wanted.readers])
      bytes.set(at, Math.max(bytes.get(at) ?? 0, wanted.bytes))
    }
    for await (const { path, contents } of read(bytes)) yield { contents, readers: readers.get(path) ?? [] }
  }

  /** A link's target may be a link itself: its contents are with the first name. */
  async #followLinks(entries: () => AsyncIterable<Entry>): Promise<void> {
    for (let round = 0; this.#linked.size > 0 && round < MAX_CHAIN; round++) {
      const targets = new Map<string, string>()
      const looked = new Set(this.#linked.values())
      for await (const { path, type, link } of entries())
        if (type === 'hardlink' && link !== undefined && looked.has(path)) targets.set(path, link)
      if (targets.size === 0) return
      for (const [path, target] of this.#linked) this.#linked.set(path, targets.get(target) ?? target)
    }
  }
}
