// Catches the contents of one small file in the root directory while the stream passes.
import { ProvisionError } from '../errors.ts'
import type { ContentSink, Extent } from './content-sink.ts'
import { MASTER_NODE, readMasterNode } from './master-node.ts'
import type { StreamObject } from './object-set.ts'
import type { BeginInfo } from './records.ts'
import { readObjectZap } from './zap/read-zap.ts'

/** Directories of more names than this are no zonepath. */
const MAX_ROOT_ENTRIES = 10_000
/** A directory that cannot be read is looked at no more often. */
const MAX_FAILURES = 64
/** The bits of a directory entry that are the object's number; the rest is the type (zfs-stream.md 5.2). */
const OBJECT_BITS = (1n << 48n) - 1n

interface Wanted {
  name: string
  maxBytes: number
  /** an object of the file system as far as it has come */
  look: (number: number) => StreamObject | undefined
  /** of the stream that passes */
  begin: BeginInfo
}

/**
 * A sink before another. Senders bring the master node, then the root directory, then what is in it (zfs-stream.md 4): which
 * object the file is can be known when its first block comes.
 */
export class RootFile implements ContentSink {
  readonly #wanted: Wanted
  readonly #next: ContentSink
  /** undefined: not known yet */
  #object: number | 'absent' | undefined
  #pieces: { offset: number; bytes: Uint8Array }[] = []
  #bytes = 0
  #isForNext = true
  #failures = 0

  constructor(wanted: Wanted, next: ContentSink) {
    this.#wanted = wanted
    this.#next = next
  }

  /** Its first `size` bytes; undefined when it has not passed, or not whole. */
  contentsOf(object: number, size: number): Uint8Array | undefined {
    const { maxBytes } = this.#wanted
    if (size === 0) return new Uint8Array()
    if (this.#object !== object || this.#bytes > maxBytes || size > maxBytes) return undefined
    const contents = new Uint8Array(size)
    for (const { offset, bytes } of this.#pieces)
      if (offset < size) contents.set(bytes.subarray(0, size - offset), offset)
    return contents
  }

  file(object: number, size: number | undefined): void {
    this.#next.file?.(object, size)
  }

  empty(object: number): void {
    if (object === this.#object) this.#pieces = []
    this.#next.empty(object)
  }

  block(object: number, extent: Extent): boolean {
    this.#isForNext = this.#next.block(object, extent)
    return this.#find() === object || this.#isForNext
  }

  data(object: number, offset: number, bytes: Uint8Array): void {
    if (this.#isForNext) this.#next.data(object, offset, bytes)
    if (object !== this.#object) return
    this.#bytes += bytes.byteLength
    if (this.#bytes > this.#wanted.maxBytes) this.#pieces = []
    else this.#pieces.push({ offset, bytes: bytes.slice() })
  }

  hole(object: number, offset: number, length: number): void {
    if (object === this.#object)
      this.#pieces = this.#pieces.filter((piece) => piece.offset < offset || piece.offset >= offset + length)
    this.#next.hole(object, offset, length)
  }

  copy(object: number, offset: number, length: number, from: { object: number; offset: number }): void {
    this.#next.copy(object, offset, length, from)
  }

  forget(first: number, count: number): void {
    this.#next.forget(first, count)
  }

  #find(): number | 'absent' | undefined {
    if (this.#object !== undefined) return this.#object
    try {
      this.#object = this.#lookUp()
    } catch (error) {
      // What has come so far cannot be read: more of it comes, or whoever reads the tree will say why not.
      if (!(error instanceof ProvisionError)) throw error
      this.#failures += 1
      if (this.#failures === MAX_FAILURES) this.#object = 'absent'
    }
    return this.#object
  }

  #lookUp(): number | 'absent' | undefined {
    const { look, begin, name } = this.#wanted
    const master = look(MASTER_NODE)
    if (!master?.blocks?.has(0)) return undefined
    const { root } = readMasterNode({ begin, objects: new Map([[MASTER_NODE, master]]) })
    const directory = look(root)
    if (!directory?.blocks?.has(0)) return undefined
    const entries = readObjectZap(directory, {
      littleEndian: begin.littleEndian,
      maxEntries: MAX_ROOT_ENTRIES,
      where: `root directory (object ${root})`,
    })
    const names = new TextDecoder()
    const entry = entries.find((one) => names.decode(one.name) === name)
    return entry?.values[0] === undefined ? 'absent' : Number(entry.values[0] & OBJECT_BITS)
  }
}
