// Reads the tree of a stream while its records are verified, for as long as it can be read.
import { inflaters } from '#adapters/zfs/inflaters.ts'
import { STREAM_LIMITS, treeOf } from '#adapters/zfs/open-tree.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ContentSink } from '#core/zfs/content-sink.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { OneFileSystem } from '#core/zfs/one-file-system.ts'
import type { RecordPlace, RecordSink, StreamRecord } from '#core/zfs/records.ts'
import type { StreamTree } from '#core/zfs/tree.ts'

export interface ReadTree {
  set: ObjectSet
  tree: StreamTree
}

/** Wants every block of every file: a compressed one is then undone, and found when it cannot be. */
const everyBlock: ContentSink = {
  empty: () => {},
  block: () => true,
  data: () => {},
  hole: () => {},
  copy: () => {},
  forget: () => {},
}

/** What cannot be read is told by why(); what is damaged is thrown. */
export class TreeReader implements RecordSink {
  readonly #builder: ObjectSetBuilder
  readonly #sink: RecordSink
  #why: string | undefined

  constructor(base: ObjectSet | undefined) {
    this.#builder = new ObjectSetBuilder({
      inflaters,
      limits: STREAM_LIMITS,
      contents: everyBlock,
      ...(base && { base }),
    })
    this.#sink = new OneFileSystem(this.#builder)
  }

  /** Why there is no tree. */
  get why(): string | undefined {
    return this.#why
  }

  record(record: StreamRecord, place: RecordPlace): void {
    this.#attempt(() => this.#sink.record(record, place))
  }

  payload(bytes: Uint8Array): void {
    this.#attempt(() => this.#sink.payload(bytes))
  }

  recordEnd(): void {
    this.#attempt(() => this.#sink.recordEnd())
  }

  /** Call after the reader's finish(). */
  result(): ReadTree | undefined {
    return this.#attempt(() => {
      const set = this.#builder.result()
      return { set, tree: treeOf(set) }
    })
  }

  #attempt<T>(action: () => T): T | undefined {
    if (this.#why !== undefined) return undefined
    try {
      return action()
    } catch (error) {
      if (!(error instanceof ProvisionError) || !isLimit(error)) throw error
      this.#why = error.message
      return undefined
    }
  }
}

const LIMITS = ['UnsupportedZfsStream', 'OriginMismatch', 'NameTooLong', 'TooDeep']

/** The stream may be whole, but this program cannot read it to the end. */
function isLimit({ kind, code }: ProvisionError): boolean {
  return kind === 'too-large' || LIMITS.includes(code)
}
