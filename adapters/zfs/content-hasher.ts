// The sha256 of every file of a stream, or of a chain of streams, made while the bytes pass.
import { createHash, type Hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ContentSink, Extent } from '#core/zfs/content-sink.ts'
import { SortedList } from '#core/zfs/sorted-list.ts'

export interface HashLimits {
  /** files that may be half hashed at a time: old senders mix those of 32 objects (zfs-stream.md 4) */
  maxOpen: number
  /** zeros of one hole that are hashed, in bytes */
  maxHoleBytes: number
  /** zeros that are hashed before anything else can happen; more wait for settle(), which must be called then. Infinity: none wait */
  maxZerosAtOnce: number
  /** zeros that are hashed in all: this many bytes, */
  freeZeroBytes: number
  /** and this many for each byte of contents */
  zerosPerByte: number
}

const DEFAULT_LIMITS: HashLimits = {
  maxOpen: 64,
  maxHoleBytes: 64 * 1024 ** 2,
  maxZerosAtOnce: Infinity,
  freeZeroBytes: 1024 ** 3,
  zerosPerByte: 16,
}

/** Hashed in a few tens of milliseconds. */
const SLICE_BYTES = 16 * 1024 ** 2
/** Bytes behind zeros that wait; compressed blocks may become many. */
const MAX_WAITING_BYTES = 64 * 1024 ** 2
const zeros = new Uint8Array(256 * 1024)

interface FileState {
  object: number
  /** undefined: no file, or its attributes do not say */
  size: number | undefined
  /** everything from this offset on is zeros; Infinity when that is not known */
  zeroFrom: number
  /** of the bytes before `position` */
  hash?: Hash
  /** what the hash has still to get before it stands at `position`: counts of zeros, and bytes */
  waiting?: (number | Uint8Array)[]
  position: number
  digest?: string
  /** its bytes did not pass in order: only reading them again can tell */
  isUnknown: boolean
}

export class ContentHasher implements ContentSink {
  readonly #limits: HashLimits
  readonly #files = new SortedList<FileState>(({ object }) => object)
  /** those with a hash that is not complete, the one used last at the end */
  readonly #open = new Set<FileState>()
  /** those with something that waits for settle() */
  readonly #owing = new Set<FileState>()
  #receivedBytes = 0
  #zeroBytes = 0
  /** both since settle() */
  #zerosAtOnce = 0
  #waitingBytes = 0

  constructor(limits: Partial<HashLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** In hexadecimal digits. Undefined for what is no file, and for those that unhashed() names. */
  digestOf(object: number): string | undefined {
    const file = this.#files.get(object)
    if (file?.size === undefined) return undefined
    if (file.digest === undefined && !file.isUnknown) this.#complete(file, file.size)
    return file.digest
  }

  /** Files whose bytes came out of order, are blocks of other files, or have more zeros than it is worth: to be read again. */
  *unhashed(): Generator<number> {
    for (const { object, size } of this.#files.from(0)) {
      if (size !== undefined && this.digestOf(object) === undefined) yield object
    }
  }

  /**
   * Hashes what waits, in slices between which others get their turn. To be called between the pieces of a stream when zeros may
   * wait: what follows them waits with them.
   */
  async settle(): Promise<void> {
    this.#zerosAtOnce = 0
    this.#waitingBytes = 0
    for (const file of this.#owing) {
      for (const part of file.waiting ?? []) {
        if (typeof part !== 'number') file.hash?.update(part)
        else
          for (let left = part; left > 0; left -= SLICE_BYTES) {
            hashZeros(file.hash, Math.min(left, SLICE_BYTES))
            await nextTurn()
          }
      }
      delete file.waiting
      if (file.position === file.size) this.#finish(file)
    }
    this.#owing.clear()
  }

  /** Hashes the zeros at the ends of files, as settle() does: digestOf() has nothing left to do then. */
  async settleAll(): Promise<void> {
    for (const { object } of this.#files.from(0)) {
      this.digestOf(object)
      if (this.#owing.size > 0) await this.settle()
    }
  }

  empty(object: number): void {
    this.#drop(this.#files.get(object))
    this.#files.insert({ object, size: undefined, zeroFrom: 0, position: 0, isUnknown: false })
  }

  file(object: number, size: number | undefined): void {
    const file = this.#stateOf(object)
    if (file.size === size) return
    file.size = size
    if (file.zeroFrom > 0) this.#giveUp(file)
    else this.#drop(file)
  }

  block(object: number, { offset, length }: Extent): boolean {
    const file = this.#stateOf(object)
    const isWanted = file.size !== undefined && offset < file.size && this.#goTo(file, file.size, offset)
    file.zeroFrom = Math.max(file.zeroFrom, offset + length)
    return isWanted
  }

  data(object: number, offset: number, bytes: Uint8Array): void {
    const file = this.#files.get(object)
    if (file?.hash === undefined || file.size === undefined || offset !== file.position) return
    const inside = bytes.subarray(0, file.size - offset)
    this.#receivedBytes += inside.byteLength
    if (file.waiting === undefined) file.hash.update(inside)
    else if (!this.#keep(file.waiting, inside)) return void this.#giveUp(file)
    file.position += inside.byteLength
    if (file.position === file.size) this.#finish(file)
  }

  hole(object: number, offset: number, length: number): void {
    const file = this.#stateOf(object)
    const end = offset + length
    if (file.size !== undefined && offset < file.size && offset < file.zeroFrom) {
      const isNext = file.hash !== undefined && offset === file.position
      if (isNext) this.#zerosTo(file, Math.min(end, file.size))
      else if (offset > 0 || end < file.zeroFrom) this.#giveUp(file)
      else this.#drop(file)
    }
    if (end >= file.zeroFrom) file.zeroFrom = Math.min(file.zeroFrom, offset)
    if (file.zeroFrom === 0 && file.hash === undefined) file.isUnknown = false
  }

  copy(object: number, offset: number, length: number): void {
    const file = this.#stateOf(object)
    if (file.size === undefined || offset < file.size) this.#giveUp(file)
    file.zeroFrom = Math.max(file.zeroFrom, offset + length)
  }

  forget(first: number, count: number): void {
    for (const file of this.#files.cut(first, first + count)) this.#drop(file)
  }

  /** Begins the state of an object that was never announced: nothing is known of it. */
  #stateOf(object: number): FileState {
    let file = this.#files.get(object)
    if (file === undefined) {
      file = { object, size: undefined, zeroFrom: Infinity, position: 0, isUnknown: true }
      this.#files.insert(file)
    }
    return file
  }

  /** Brings the hash to `offset`, from the start when it has none. False when the bytes before cannot be known. */
  #goTo(file: FileState, size: number, offset: number): boolean {
    if (file.hash === undefined || offset === 0) {
      if (offset > 0 && file.zeroFrom > 0) return this.#giveUp(file)
      this.#start(file)
    }
    if (offset < file.position || (offset > file.position && file.position < file.zeroFrom)) {
      return this.#giveUp(file)
    }
    this.#use(file)
    return this.#zerosTo(file, Math.min(offset, size))
  }

  #start(file: FileState): void {
    this.#drop(file)
    file.isUnknown = false
    file.hash = createHash('sha256')
    file.position = 0
  }

  #use(file: FileState): void {
    this.#open.delete(file)
    this.#open.add(file)
    if (this.#open.size <= this.#limits.maxOpen) return
    const [oldest] = this.#open
    if (oldest?.size !== undefined) this.#complete(oldest, oldest.size)
  }

  /** No more bytes are waited for: the rest is zeros, or unknown. */
  #complete(file: FileState, size: number): void {
    if (file.hash === undefined) {
      if (file.zeroFrom > 0 && size > 0) return void this.#giveUp(file)
      this.#start(file)
    }
    if (file.position < size && file.position < file.zeroFrom) this.#giveUp(file)
    else if (this.#zerosTo(file, size) && file.hash !== undefined) this.#finish(file)
  }

  #zerosTo(file: FileState, end: number): boolean {
    const length = end - file.position
    if (length <= 0) return true
    const allowed = this.#limits.freeZeroBytes + this.#limits.zerosPerByte * this.#receivedBytes
    if (length > this.#limits.maxHoleBytes || this.#zeroBytes + length > allowed) return this.#giveUp(file)
    this.#zeroBytes += length
    this.#zerosAtOnce += length
    if (file.waiting === undefined && this.#zerosAtOnce <= this.#limits.maxZerosAtOnce) {
      hashZeros(file.hash, length)
    } else {
      file.waiting ??= []
      file.waiting.push(length)
      this.#owing.add(file)
    }
    file.position = end
    if (end === file.size) this.#finish(file)
    return true
  }

  /** Its piece is only lent. False when too much waits. */
  #keep(waiting: (number | Uint8Array)[], bytes: Uint8Array): boolean {
    this.#waitingBytes += bytes.byteLength
    if (this.#waitingBytes > MAX_WAITING_BYTES) return false
    waiting.push(bytes.slice())
    return true
  }

  /** Not before the hash has got all; settle() comes again. */
  #finish(file: FileState): void {
    this.#open.delete(file)
    if (file.waiting !== undefined) return
    if (file.hash !== undefined) file.digest = file.hash.digest('hex')
    delete file.hash
  }

  #giveUp(file: FileState): false {
    this.#drop(file)
    file.isUnknown = true
    return false
  }

  #drop(file: FileState | undefined): void {
    if (file === undefined) return
    this.#open.delete(file)
    this.#owing.delete(file)
    delete file.hash
    delete file.waiting
    delete file.digest
    file.position = 0
  }
}

function hashZeros(hash: Hash | undefined, length: number): void {
  for (let left = length; left > 0; left -= zeros.byteLength) {
    hash?.update(left < zeros.byteLength ? zeros.subarray(0, left) : zeros)
  }
}
