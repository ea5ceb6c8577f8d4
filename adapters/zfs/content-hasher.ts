/** The sha256 of every file of a stream, or of a chain of streams, made while the bytes pass. */
import { createHash, type Hash } from 'node:crypto'
import type { ContentSink, Extent } from '#core/zfs/content-sink.ts'
import { SortedList } from '#core/zfs/sorted-list.ts'

export interface HashLimits {
  /** files that may be half hashed at a time: old senders mix those of 32 objects (zfs-stream.md 4) */
  maxOpen: number
  /** zeros of one hole that are hashed at once, in bytes */
  maxHoleBytes: number
  /** zeros that are hashed in all: this many bytes, */
  freeZeroBytes: number
  /** and this many for each byte of contents */
  zerosPerByte: number
}

const DEFAULT_LIMITS: HashLimits = {
  maxOpen: 64,
  maxHoleBytes: 64 * 1024 ** 2,
  freeZeroBytes: 1024 ** 3,
  zerosPerByte: 16,
}

const zeros = new Uint8Array(256 * 1024)

interface FileState {
  object: number
  /** undefined: no file, or its attributes do not say */
  size: number | undefined
  /** everything from this offset on is zeros; Infinity when that is not known */
  zeroFrom: number
  /** of the bytes before `position` */
  hash?: Hash
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
  #receivedBytes = 0
  #zeroBytes = 0

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
    file.hash.update(inside)
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

  /** Of an object that was never announced nothing is known. */
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
    for (let left = length; left > 0; left -= zeros.byteLength) {
      file.hash?.update(left < zeros.byteLength ? zeros.subarray(0, left) : zeros)
    }
    file.position = end
    if (end === file.size) this.#finish(file)
    return true
  }

  #finish(file: FileState): void {
    if (file.hash !== undefined) file.digest = file.hash.digest('hex')
    delete file.hash
    this.#open.delete(file)
  }

  #giveUp(file: FileState): false {
    this.#drop(file)
    file.isUnknown = true
    return false
  }

  #drop(file: FileState | undefined): void {
    if (file === undefined) return
    this.#open.delete(file)
    delete file.hash
    delete file.digest
    file.position = 0
  }
}
