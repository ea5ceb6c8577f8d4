// Reads cpio: newc, with and without checksums, and the older odc. Several names of one inode carry the data with one of them, by custom the last.
import type { EntryType } from '../entry.ts'
import {
  CPIO_MAGIC,
  CPIO_TRAILER,
  cpioFormOf,
  cpioHeaderSize,
  cpioPadding,
  decodeCpioHeader,
  type CpioForm,
  type CpioHeader as Header,
} from './cpio-header.ts'
import { decodeName, type MemberSink, type PushReader } from './member.ts'
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'

/** A name or symlink target longer than this is not one that any system takes. */
const MAX_NAME = 64 * 1024

const fileTypes: Record<number, EntryType> = {
  0o010000: 'fifo',
  0o020000: 'character',
  0o040000: 'directory',
  0o060000: 'block',
  0o100000: 'file',
  0o120000: 'symlink',
}

export class CpioReader implements PushReader {
  readonly #sink: MemberSink
  #position = 0
  /** collects a header (its magic first, which says how long it is), then a name, then a symlink's target */
  #wanted: 'magic' | 'header' | 'name' | 'target' | 'data' | 'padding' | 'nothing' = 'magic'
  #buffer = new Uint8Array(CPIO_MAGIC)
  #fill = 0
  #form: CpioForm = 'newc'
  #header: Header | undefined
  #headerAt = 0
  #path = ''
  #rawPath = new Uint8Array()
  #left = 0
  #sum = 0

  constructor(sink: MemberSink) {
    this.#sink = sink
  }

  push(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      const taken = this.#take(rest)
      this.#position += taken
      rest = rest.subarray(taken)
    }
  }

  finish(): void {
    if (this.#wanted === 'nothing') return
    throw refusal('TruncatedStream', `cpio ends at byte ${this.#position} without its trailer`)
  }

  #take(bytes: Uint8Array): number {
    switch (this.#wanted) {
      case 'magic':
      case 'header':
      case 'name':
      case 'target':
        return this.#collect(bytes)
      case 'data':
        return this.#takeData(bytes)
      case 'padding': {
        const skipped = Math.min(this.#left, bytes.byteLength)
        this.#left -= skipped
        if (this.#left === 0) this.#expect('magic', CPIO_MAGIC)
        return skipped
      }
      case 'nothing':
        return this.#takeAfterEnd(bytes)
    }
  }

  #collect(bytes: Uint8Array): number {
    const taken = Math.min(this.#buffer.byteLength - this.#fill, bytes.byteLength)
    this.#buffer.set(bytes.subarray(0, taken), this.#fill)
    this.#fill += taken
    if (this.#fill === this.#buffer.byteLength) this.#onCollected(this.#position + taken)
    return taken
  }

  #expect(what: 'magic' | 'header' | 'name' | 'target', size: number): void {
    this.#wanted = what
    this.#buffer = new Uint8Array(size)
    this.#fill = 0
  }

  #onCollected(end: number): void {
    if (this.#wanted === 'magic') {
      this.#headerAt = end - CPIO_MAGIC
      this.#form = cpioFormOf(this.#buffer, this.#headerAt)
      this.#expect('header', cpioHeaderSize(this.#form) - CPIO_MAGIC)
    } else if (this.#wanted === 'header') {
      this.#header = decodeCpioHeader(this.#buffer, this.#form, this.#headerAt)
      const { namesize } = this.#header
      if (namesize < 2 || namesize > MAX_NAME) throw this.#corrupt(`has a name of ${namesize} bytes`)
      this.#expect('name', namesize + this.#padding(cpioHeaderSize(this.#form) + namesize))
    } else if (this.#header === undefined) {
      throw this.#corrupt('is missing')
    } else if (this.#wanted === 'name') {
      this.#onName(this.#header)
    } else {
      const target = this.#buffer.subarray(0, this.#header.filesize)
      if (target.includes(0)) throw this.#corrupt('has a NUL in its symlink target')
      this.#begin(this.#header, target)
      this.#endMember()
    }
  }

  #onName(header: Header): void {
    const name = this.#buffer.subarray(0, header.namesize)
    if (name.indexOf(0) !== name.byteLength - 1)
      throw this.#corrupt('has a name that does not end at its NUL')
    this.#rawPath = name.subarray(0, -1)
    this.#path = decodeName(this.#rawPath)
    if (this.#path === CPIO_TRAILER) {
      if (header.filesize !== 0) throw this.#corrupt('is a trailer with data')
      this.#wanted = 'nothing'
    } else if ((header.mode & 0o170000) === 0o120000) {
      if (header.filesize === 0 || header.filesize > MAX_NAME) {
        throw this.#corrupt(`has a symlink target of ${header.filesize} bytes`)
      }
      this.#expect('target', header.filesize + this.#padding(header.filesize))
    } else {
      this.#begin(header, undefined)
      this.#left = header.filesize
      this.#sum = 0
      this.#wanted = 'data'
      if (header.filesize === 0) this.#endMember()
    }
  }

  #begin(header: Header, target: Uint8Array | undefined): void {
    const type = fileTypes[header.mode & 0o170000]
    if (type === undefined) {
      throw refusal(
        'UnsupportedEntry',
        `${quoted(this.#path)} has the mode ${header.mode.toString(8)}, which is no file type we take`,
      )
    }
    if (type !== 'file' && type !== 'symlink' && header.filesize > 0)
      throw this.#corrupt(`is a ${type} with data`)
    this.#sink.begin({
      path: this.#path,
      pathBytes: this.#rawPath.byteLength,
      raw: { path: this.#rawPath, link: target ?? new Uint8Array() },
      type,
      mode: header.mode & 0o7777,
      uid: header.uid,
      gid: header.gid,
      size: type === 'file' ? header.filesize : 0,
      mtime: header.mtime,
      ...(target && { link: decodeName(target) }),
      ...((type === 'character' || type === 'block') && {
        device: `${header.rdevmajor},${header.rdevminor}`,
      }),
      ...(type === 'file' &&
        header.nlink > 1 && {
          inode: `${header.devmajor},${header.devminor},${header.ino}`,
          names: header.nlink,
        }),
    })
  }

  #takeData(bytes: Uint8Array): number {
    const data = bytes.subarray(0, Math.min(this.#left, bytes.byteLength))
    if (this.#form === 'crc') for (const byte of data) this.#sum = (this.#sum + byte) >>> 0
    this.#left -= data.byteLength
    this.#sink.data(data)
    if (this.#left === 0) this.#endMember()
    return data.byteLength
  }

  #endMember(): void {
    const wasData = this.#wanted === 'data'
    const size = this.#header?.filesize ?? 0
    if (wasData && size > 0 && this.#form === 'crc' && this.#sum !== this.#header?.check) {
      throw refusal(
        'CorruptStream',
        `${quoted(this.#path)} has the sum ${this.#sum}, its cpio header says ${this.#header?.check}`,
      )
    }
    this.#sink.end()
    this.#left = wasData ? this.#padding(size) : 0
    if (this.#left > 0) this.#wanted = 'padding'
    else this.#expect('magic', CPIO_MAGIC)
  }

  #takeAfterEnd(bytes: Uint8Array): number {
    for (let index = 0; index < bytes.byteLength; index++) {
      if (bytes[index] === 0) continue
      throw refusal('CorruptStream', `cpio has data at byte ${this.#position + index}, behind its trailer`)
    }
    return bytes.byteLength
  }

  /** The old form has none. */
  #padding(size: number): number {
    return this.#form === 'odc' ? 0 : cpioPadding(size)
  }

  #corrupt(what: string): Error {
    return refusal('CorruptStream', `cpio header at byte ${this.#headerAt} ${what}`)
  }
}
