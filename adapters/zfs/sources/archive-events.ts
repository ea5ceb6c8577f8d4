// What an archive reader finds, as entries of a tree to be written. The names that cpio sends before a file's data come behind it.
import { parseDevice, type DeviceNumbers } from '#core/archive/devices.ts'
import { normalizeMemberPath } from '#core/archive/member-path.ts'
import { decodeName, type Member, type MemberSink } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { quoted } from '#core/quoted.ts'
import { SparseExpander } from '#core/archive/sparse-map.ts'
import type { SourceEntry } from '#core/zfs/write/tree-source.ts'

/** An entry begins; its contents as bytes or as a number of zeros; it ends. */
export type ArchiveEvent = SourceEntry | Uint8Array | number | 'end'

/** Names of one inode: some before its data, some behind. */
interface LinkedFile {
  waiting: SourceEntry[]
  first: SourceEntry | undefined
}

const MAX_NAME_BYTES = 64 * 1024
const SLASH = 0x2f
const DOT = 0x2e

export class ArchiveEvents implements MemberSink {
  readonly #linked = new Map<string, LinkedFile>()
  #events: ArchiveEvent[] = []
  #isSkipped = false
  #sparse: SparseExpander | undefined
  #followers: SourceEntry[] = []

  /** What has happened since the last call. Bytes are those that were pushed. */
  take(): ArchiveEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  begin(member: Member): void {
    const entry = entryOf(member)
    this.#isSkipped = false
    if (member.inode !== undefined) return this.#beginLinked(member.inode, entry)
    if (member.sparseSize !== undefined) this.#sparse = new SparseExpander(member.path, member.sparseSize)
    this.#events.push(entry)
  }

  data(bytes: Uint8Array): void {
    if (this.#isSkipped) return
    if (this.#sparse) this.#events.push(...this.#sparse.push(bytes))
    else this.#events.push(bytes)
  }

  end(): void {
    if (this.#isSkipped) return
    const zeros = this.#sparse?.finish() ?? 0
    this.#sparse = undefined
    if (zeros > 0) this.#events.push(zeros)
    this.#events.push('end')
    for (const follower of this.#followers) this.#events.push(follower, 'end')
    this.#followers = []
  }

  /** The archive is over: files with several names whose data never came are empty. */
  finish(): void {
    for (const { waiting, first } of this.#linked.values()) {
      const [head, ...others] = waiting
      if (first || !head) continue
      this.#events.push(head, 'end')
      for (const other of others) this.#events.push(linkTo(head, other), 'end')
    }
    this.#linked.clear()
  }

  #beginLinked(inode: string, entry: SourceEntry): void {
    const file = this.#linked.get(inode) ?? { waiting: [], first: undefined }
    this.#linked.set(inode, file)
    this.#isSkipped = true
    if (file.first) {
      // Solaris may send the data with every name: once is enough.
      this.#events.push(linkTo(file.first, entry), 'end')
      return
    }
    file.waiting.push(entry)
    const [head = entry, ...others] = file.waiting
    if (entry.size === 0) return
    this.#isSkipped = false
    file.waiting = []
    file.first = { ...head, size: entry.size }
    this.#followers = others.map((other) => linkTo(head, other))
    this.#events.push(file.first)
  }
}

function linkTo(first: SourceEntry, other: SourceEntry): SourceEntry {
  return { ...other, type: 'hardlink', size: 0, linkTo: first.path }
}

/** @throws AbsoluteName, ParentReference, InvalidName, NameTooLong, TooDeep */
function entryOf(member: Member): SourceEntry {
  const { type, mode, uid, gid, mtime, mtimeNsec = 0, sparseSize, size, raw } = member
  if (!raw) throw new Error(`no bytes of the name ${member.path}`)
  const entry: SourceEntry = {
    path: namesOf(raw.path),
    type,
    mode,
    uid,
    gid,
    mtime,
    mtimeNsec,
    size: sparseSize ?? size,
  }
  if (type === 'symlink') entry.target = raw.link.slice()
  if (type === 'hardlink') entry.linkTo = namesOf(raw.link)
  if (member.device !== undefined) entry.device = checkedDevice(member.path, member.device)
  return entry
}

function checkedDevice(path: string, device: string): DeviceNumbers {
  const { major, minor } = parseDevice(device)
  const isPlain = (number: number) => Number.isSafeInteger(number) && number >= 0 && number <= 0xffffffff
  if (isPlain(major) && isPlain(minor)) return { major, minor }
  throw refusal(
    'UnsupportedEntry',
    `${quoted(path)} has the device number ${quoted(device)}, expected two of 32 bits`,
  )
}

/** The components of a path, without `.`. */
function namesOf(path: Uint8Array): Uint8Array[] {
  normalizeMemberPath(decodeName(path), path.byteLength, MAX_NAME_BYTES)
  const names: Uint8Array[] = []
  for (let start = 0; start <= path.byteLength;) {
    const slash = path.indexOf(SLASH, start)
    const end = slash < 0 ? path.byteLength : slash
    const isDot = end === start + 1 && path[start] === DOT
    if (end > start && !isDot) names.push(path.slice(start, end))
    start = end + 1
  }
  return names
}
