// Writes tar as Solaris 10 tar reads it: ustar, and pax records only for what ustar cannot hold (POSIX.1-2001 pax).
import { joinBytes } from '../join-bytes.ts'
import type { EntryType } from '../entry.ts'
import { refusal } from './refusals.ts'
import { TAR_BLOCK } from './tar-header.ts'

export interface TarMember {
  /** relative; a directory without its slash */
  path: Uint8Array
  type: EntryType
  /** 0 to 0o7777 */
  mode: number
  uid: number
  gid: number
  /** at most 31 characters of ASCII each; without them a reader takes the numbers */
  owner?: { user: string; group: string }
  /** bytes that the caller writes after this header, 0 unless a file */
  size: number
  /** seconds since the epoch */
  mtime: number
  /** below a second; only pax can hold it */
  mtimeNsec?: number
  /** further pax records, such as those of a sparse file (core/archive/sparse-map.ts) */
  pax?: readonly (readonly [key: string, value: Uint8Array])[]
  /** target of a symlink, or the earlier path that a hard link shares */
  link?: Uint8Array
  /** of a device */
  device?: { major: number; minor: number }
}

const typeflags: Record<EntryType, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

const NAME_BYTES = 100
const PREFIX_BYTES = 155
/** of the name of an owner, before its NUL */
const NAMED_BYTES = 31
const SLASH = 0x2f
/** the record that tar programs write is 20 blocks */
const RECORD = 20 * TAR_BLOCK
const encoder = new TextEncoder()

/** The largest major or minor number: pax has no record for more. */
export const MAX_TAR_DEVICE = 8 ** 7 - 1

/**
 * The header of a member, behind its pax header if it needs one. Its `size` bytes follow, then `tarPad(size)`.
 * @throws UnsupportedEntry for a device above MAX_TAR_DEVICE
 */
export function tarMember(member: TarMember): Uint8Array {
  const path = member.type === 'directory' ? joinBytes([member.path, Uint8Array.of(SLASH)]) : member.path
  const split = splitName(path)
  const link = member.link ?? new Uint8Array()
  const records: [string, Uint8Array][] = []
  if (!split) records.push(['path', path])
  if (link.byteLength > NAME_BYTES) records.push(['linkpath', link])
  const number = (key: string, value: number, digits: number): number => {
    if (value >= 0 && value < 8 ** digits) return value
    records.push([key, encoder.encode(String(value))])
    return 0
  }
  const moment = (seconds: number, nanoseconds: number): number => {
    if (nanoseconds === 0) return number('mtime', seconds, 11)
    records.push(['mtime', encoder.encode(paxTime(seconds, nanoseconds))])
    return Math.min(Math.max(0, seconds), 8 ** 11 - 1)
  }
  for (const [key, value] of member.pax ?? []) records.push([key, value])
  const header: Header = {
    ...(split ?? { name: path.subarray(0, NAME_BYTES), prefix: new Uint8Array() }),
    typeflag: typeflags[member.type],
    mode: member.mode,
    uid: number('uid', member.uid, 7),
    gid: number('gid', member.gid, 7),
    size: number('size', member.size, 11),
    mtime: moment(member.mtime, member.mtimeNsec ?? 0),
    link: link.subarray(0, NAME_BYTES),
    owner: member.owner ?? { user: '', group: '' },
    device: member.device ?? { major: 0, minor: 0 },
  }
  const block = encodeHeader(header)
  return records.length === 0 ? block : joinBytes([paxHeader(path, records), block])
}

/** The zeros that follow `size` bytes of data. */
export function tarPad(size: number): Uint8Array {
  return new Uint8Array((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK)
}

/** The end of an archive of `written` bytes: two blocks of zeros, then up to a whole record. */
export function tarTrailer(written: number): Uint8Array {
  const end = written + 2 * TAR_BLOCK
  return new Uint8Array(2 * TAR_BLOCK + ((RECORD - (end % RECORD)) % RECORD))
}

interface Header {
  name: Uint8Array
  prefix: Uint8Array
  typeflag: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  link: Uint8Array
  owner: { user: string; group: string }
  device: { major: number; minor: number }
}

/** Seconds with nine decimals. Before the epoch the nanoseconds still count up, the number does not. */
function paxTime(seconds: number, nanoseconds: number): string {
  const [sign, whole, below] =
    seconds < 0 ? ['-', -seconds - 1, 1_000_000_000 - nanoseconds] : ['', seconds, nanoseconds]
  return `${sign}${whole}.${String(below).padStart(9, '0')}`
}

/** Name and ustar prefix, or undefined when there is no slash at the right place. */
function splitName(path: Uint8Array): Pick<Header, 'name' | 'prefix'> | undefined {
  if (path.byteLength <= NAME_BYTES) return { name: path, prefix: new Uint8Array() }
  if (path.byteLength > PREFIX_BYTES + 1 + NAME_BYTES) return undefined
  // the name may not be empty: the slash of a directory is no place to split
  const slash = path.indexOf(SLASH, path.byteLength - NAME_BYTES - 1)
  if (slash < 1 || slash > PREFIX_BYTES || slash >= path.byteLength - 1) return undefined
  return { name: path.subarray(slash + 1), prefix: path.subarray(0, slash) }
}

/** A pax header names nothing that differs from run to run. */
function paxHeader(path: Uint8Array, records: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const body = joinBytes(records.map(([key, value]) => paxRecord(key, value)))
  const name = joinBytes([encoder.encode('PaxHeaders/'), baseName(path)]).subarray(0, NAME_BYTES)
  const header = encodeHeader({
    name,
    prefix: new Uint8Array(),
    typeflag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.byteLength,
    mtime: 0,
    link: new Uint8Array(),
    owner: { user: '', group: '' },
    device: { major: 0, minor: 0 },
  })
  return joinBytes([header, body, tarPad(body.byteLength)])
}

function baseName(path: Uint8Array): Uint8Array {
  const end = path.at(-1) === SLASH ? path.byteLength - 1 : path.byteLength
  return path.subarray(path.lastIndexOf(SLASH, end - 1) + 1, end)
}

/** `length key=value\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = key.length + value.byteLength + 3
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length += 1
  return joinBytes([encoder.encode(`${length} ${key}=`), value, encoder.encode('\n')])
}

function encodeHeader(header: Header): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK)
  const octal = (at: number, digits: number, value: number): void => {
    if (value < 0 || value >= 8 ** digits) {
      throw refusal(
        'UnsupportedEntry',
        `tar has no room for the number ${value}: expected ${digits} octal digits`,
      )
    }
    block.set(encoder.encode(value.toString(8).padStart(digits, '0')), at)
  }
  block.set(header.name, 0)
  octal(100, 7, header.mode)
  octal(108, 7, header.uid)
  octal(116, 7, header.gid)
  octal(124, 11, header.size)
  octal(136, 11, header.mtime)
  block.fill(0x20, 148, 156)
  block[156] = header.typeflag.charCodeAt(0)
  block.set(header.link, 157)
  block.set(encoder.encode('ustar\x0000'), 257)
  block.set(encoder.encode(header.owner.user).subarray(0, NAMED_BYTES), 265)
  block.set(encoder.encode(header.owner.group).subarray(0, NAMED_BYTES), 297)
  octal(329, 7, header.device.major)
  octal(337, 7, header.device.minor)
  block.set(header.prefix, 345)
  let sum = 0
  for (const byte of block) sum += byte
  octal(148, 6, sum)
  block[154] = 0
  return block
}
