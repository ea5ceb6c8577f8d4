// Reads tar: V7, ustar, GNU long names, pax, Solaris extended headers. Written by hand because the libraries take what an
// installer must not: a stream that ends without its trailer, a second archive behind the first, global headers that are
// not applied, and a size in hard links (Solaris tar writes the file's, and no data).
import { joinBytes } from '../join-bytes.ts'
import type { EntryType } from '../entry.ts'
import { decodeName, type Member, type MemberSink, type PushReader } from './member.ts'
import { decodePax } from './pax.ts'
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'
import { decodeTarHeader, TAR_BLOCK, type TarHeader } from './tar-header.ts'

/** Extended headers are names and numbers: nobody needs more. */
const MAX_EXTRA = 1024 * 1024
/** tar writes records of 20 blocks; old ones leave rubbish behind the trailer in the last record. */
const RECORD = 20 * TAR_BLOCK
/** Bytes of a number in a pax record: a time with nanoseconds has about half as many. */
const MAX_NUMERAL = 40

const entryTypes: Record<string, EntryType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

type State =
  | { at: 'header' }
  /** inside a body of `left` bytes, then `pad` bytes; `kind` says what it is for */
  | { at: 'body'; kind: 'member' | 'extra' | 'skip'; left: number; pad: number }
  | { at: 'lone-zero-block' }
  | { at: 'after-end'; from: number }

export class TarReader implements PushReader {
  readonly #sink: MemberSink
  readonly #passSparse: boolean
  #state: State = { at: 'header' }
  #position = 0
  readonly #block = new Uint8Array(TAR_BLOCK)
  #blockFill = 0
  #extraType = ''
  #extraAt = 0
  #extra: Uint8Array[] = []
  #longName: Uint8Array | undefined
  #longLink: Uint8Array | undefined
  #pax: Map<string, Uint8Array> | undefined
  #globalPax = new Map<string, Uint8Array>()

  constructor(sink: MemberSink, { passSparse = false }: { passSparse?: boolean } = {}) {
    this.#sink = sink
    this.#passSparse = passSparse
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
    if (this.#state.at === 'after-end') return
    throw refusal('TruncatedStream', `tar ends at byte ${this.#position} without its two blocks of zeros`)
  }

  /** Consumes some of `bytes`; returns how many. */
  #take(bytes: Uint8Array): number {
    const state = this.#state
    switch (state.at) {
      case 'header':
      case 'lone-zero-block':
        return this.#fillBlock(bytes)
      case 'body':
        return this.#takeBody(state, bytes)
      case 'after-end':
        return this.#takeAfterEnd(state.from, bytes)
    }
  }

  #fillBlock(bytes: Uint8Array): number {
    const taken = Math.min(TAR_BLOCK - this.#blockFill, bytes.byteLength)
    this.#block.set(bytes.subarray(0, taken), this.#blockFill)
    this.#blockFill += taken
    if (this.#blockFill === TAR_BLOCK) {
      this.#blockFill = 0
      this.#onBlock(this.#position + taken - TAR_BLOCK)
    }
    return taken
  }

  #onBlock(at: number): void {
    const isZero = this.#block.every((byte) => byte === 0)
    if (this.#state.at === 'lone-zero-block') {
      if (!isZero)
        throw refusal('CorruptStream', `tar has one block of zeros at byte ${at - TAR_BLOCK}, expected two`)
      this.#state = { at: 'after-end', from: at + TAR_BLOCK }
    } else if (isZero) {
      if (this.#pax || this.#longName || this.#longLink) {
        throw refusal(
          'CorruptStream',
          `tar has an extended header before byte ${at} that belongs to no entry`,
        )
      }
      this.#state = { at: 'lone-zero-block' }
    } else {
      this.#onHeader(decodeTarHeader(this.#block, at), at)
    }
  }

  #onHeader(header: TarHeader, at: number): void {
    if ('xgXLK'.includes(header.typeflag)) {
      if (header.size > MAX_EXTRA) {
        throw refusal(
          'CorruptStream',
          `tar header at byte ${at} extends over ${header.size} bytes, expected at most ${MAX_EXTRA}`,
        )
      }
      this.#extraType = header.typeflag
      this.#extraAt = at
      this.#extra = []
      this.#enterBody('extra', header.size)
      return
    }
    // V: a volume's label. A: a Solaris ACL, which templates do not carry.
    if (header.typeflag === 'V' || header.typeflag === 'A') return this.#enterBody('skip', header.size)
    const member = this.#member(header, at)
    this.#sink.begin(member)
    this.#enterBody('member', member.size)
  }

  #member(header: TarHeader, at: number): Member {
    const pax = new Map([...this.#globalPax, ...(this.#pax ?? [])])
    const name = pax.get('path') ?? this.#longName ?? header.name
    const link = pax.get('linkpath') ?? this.#longLink ?? header.linkname
    this.#pax = this.#longName = this.#longLink = undefined
    const isSparse = header.typeflag === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse.'))
    if (isSparse && this.#passSparse && isSparseMap(pax)) {
      return this.#plainMember(header, pax, at, pax.get('GNU.sparse.name') ?? name, link)
    }
    if (isSparse) {
      const path = decodeName(name)
      const real = pax.get('GNU.sparse.name')
      const shownPath = quoted(real ? decodeName(real) : path)
      throw refusal(
        'SparseEntry',
        `${shownPath} is stored as a sparse file, expected an archive made without tar -S`,
      )
    }
    return this.#plainMember(header, pax, at, name, link)
  }

  #plainMember(
    header: TarHeader,
    pax: Map<string, Uint8Array>,
    at: number,
    name: Uint8Array,
    link: Uint8Array,
  ): Member {
    const path = decodeName(name)
    const plain = entryTypes[header.typeflag]
    if (plain === undefined) {
      throw refusal('UnsupportedEntry', `${quoted(path)} has the tar type ${quoted(header.typeflag)}`)
    }
    const type = plain === 'file' && path.endsWith('/') ? 'directory' : plain
    const number = (key: string, otherwise: number) => paxNumber(pax, key, at) ?? otherwise
    const size = number('size', header.size)
    const time = paxTime(pax, at)
    const sparseSize = paxNumber(pax, 'GNU.sparse.realsize', at)
    return {
      path,
      pathBytes: name.byteLength,
      raw: { path: name, link },
      ...(sparseSize !== undefined && { sparseSize }),
      type,
      mode: header.mode,
      uid: number('uid', header.uid),
      gid: number('gid', header.gid),
      // Only files have contents: directories carry a quota, Solaris hard links the size of their file.
      size: type === 'file' ? size : 0,
      mtime: time?.seconds ?? header.mtime,
      ...(time && time.nanoseconds > 0 && { mtimeNsec: time.nanoseconds }),
      ...((type === 'symlink' || type === 'hardlink') && { link: decodeName(link) }),
      ...((type === 'character' || type === 'block') && {
        device: `${number('SCHILY.devmajor', number('SUN.devmajor', header.devmajor))},${number('SCHILY.devminor', number('SUN.devminor', header.devminor))}`,
      }),
    }
  }

  #enterBody(kind: 'member' | 'extra' | 'skip', size: number): void {
    this.#state = { at: 'body', kind, left: size, pad: (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK }
    if (size === 0) this.#endBody()
  }

  #takeBody(state: Extract<State, { at: 'body' }>, bytes: Uint8Array): number {
    if (state.left > 0) {
      const data = bytes.subarray(0, Math.min(state.left, bytes.byteLength))
      state.left -= data.byteLength
      if (state.kind === 'member') this.#sink.data(data)
      else if (state.kind === 'extra') this.#extra.push(data.slice())
      if (state.left === 0) this.#endBody()
      return data.byteLength
    }
    const skipped = Math.min(state.pad, bytes.byteLength)
    state.pad -= skipped
    if (state.pad === 0) this.#state = { at: 'header' }
    return skipped
  }

  #endBody(): void {
    const state = this.#state
    if (state.at !== 'body') return
    if (state.kind === 'member') this.#sink.end()
    else if (state.kind === 'extra') this.#endExtra()
    if (state.pad === 0) this.#state = { at: 'header' }
  }

  #endExtra(): void {
    const bytes = joinBytes(this.#extra)
    this.#extra = []
    switch (this.#extraType) {
      case 'L':
        this.#longName = untilNul(bytes)
        return
      case 'K':
        this.#longLink = untilNul(bytes)
        return
      case 'g':
        for (const [key, value] of decodePax(bytes, this.#extraAt)) setOrDelete(this.#globalPax, key, value)
        return
      default:
        this.#pax ??= new Map()
        for (const [key, value] of decodePax(bytes, this.#extraAt)) setOrDelete(this.#pax, key, value)
    }
  }

  #takeAfterEnd(from: number, bytes: Uint8Array): number {
    const recordEnd = Math.ceil(from / RECORD) * RECORD
    const ignored = Math.min(Math.max(recordEnd - this.#position, 0), bytes.byteLength)
    for (let index = ignored; index < bytes.byteLength; index++) {
      if (bytes[index] === 0) continue
      throw refusal('CorruptStream', `tar has data at byte ${this.#position + index}, behind its end`)
    }
    return bytes.byteLength
  }
}

/** Whether a sparse file is stored in GNU tar's format 1.0, its map in front of its data. */
function isSparseMap(pax: Map<string, Uint8Array>): boolean {
  return ['GNU.sparse.major=1', 'GNU.sparse.minor=0'].every((pair) => {
    const [key = '', value = ''] = pair.split('=')
    const stored = pax.get(key)
    return stored !== undefined && decodeName(stored) === value
  })
}

/** A value of a pax record that is a number. @throws CorruptStream when it is none */
function paxNumber(pax: Map<string, Uint8Array>, key: string, at: number): number | undefined {
  const text = paxNumeral(pax, key, at)
  return text === undefined ? undefined : Number(text)
}

/** The number as it is written. */
function paxNumeral(pax: Map<string, Uint8Array>, key: string, at: number): string | undefined {
  const value = pax.get(key)
  if (value === undefined) return undefined
  const text = String.fromCharCode(...value.subarray(0, MAX_NUMERAL))
  const pattern = key === 'mtime' ? /^-?[0-9]+(\.[0-9]*)?$/ : /^[0-9]+$/
  const isNumber = pattern.test(text) && Number.isSafeInteger(Math.floor(Number(text)))
  if (!isNumber || value.byteLength > MAX_NUMERAL) {
    throw refusal(
      'CorruptStream',
      `pax header before byte ${at} says ${key}=${quoted(text)} in ${value.byteLength} bytes, expected a number of at most ${MAX_NUMERAL}`,
    )
  }
  return text
}

/** A time's second and the nanoseconds after it, also before the epoch. As one number it would lose the last digits. */
function paxTime(
  pax: Map<string, Uint8Array>,
  at: number,
): { seconds: number; nanoseconds: number } | undefined {
  const text = paxNumeral(pax, 'mtime', at)
  if (text === undefined) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (!whole.startsWith('-') || nanoseconds === 0)
    return { seconds: Number(text) === 0 ? 0 : Number(whole), nanoseconds }
  return { seconds: Number(whole) - 1, nanoseconds: 1_000_000_000 - nanoseconds }
}

/** An empty value takes an earlier one back. */
function setOrDelete(records: Map<string, Uint8Array>, key: string, value: Uint8Array): void {
  if (value.byteLength === 0) records.delete(key)
  else records.set(key, value)
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
