// Second pass over a source: contents as they are asked for, in ascending order.
import { quoted } from '../../quoted.ts'
import { ProvisionError } from '../../errors.ts'
import type { SourceContents, TreeSource } from './tree-source.ts'

/** Those that nobody asks for, of files that a later entry replaced or that are not needed, are passed over. */
export class ContentsInOrder {
  readonly #source: TreeSource
  #contents: AsyncIterator<SourceContents> | undefined

  constructor(source: TreeSource) {
    this.#source = source
  }

  /** The bytes of the entry of that number; path and size are for messages. @throws SourceChanged when it has none any more */
  async of(
    entry: number,
    { path, size }: { path: string; size: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    for (;;) {
      const next = await this.#next()
      if (next.done !== true && next.value.index < entry) continue
      if (next.done !== true && next.value.index === entry) return next.value.bytes
      throw new ProvisionError(
        'conflict',
        'SourceChanged',
        `${quoted(path)} has no contents any more, expected ${size} bytes: the tree must be at rest`,
      )
    }
  }

  /** To the end of the source: what it has to say about the whole tree it says there. */
  async finish(): Promise<void> {
    for (let next = await this.#next(); next.done !== true;) next = await this.#next()
  }

  async close(): Promise<void> {
    await this.#contents?.return?.()
  }

  #next(): Promise<IteratorResult<SourceContents, unknown>> {
    this.#contents ??= this.#source.contents()[Symbol.asyncIterator]()
    return this.#contents.next()
  }
}
