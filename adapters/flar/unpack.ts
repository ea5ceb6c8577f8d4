// The members of a flash archive as a tar that any tar can unpack without harm: no name leads outside, no device is made.
import { clampLink } from '#core/archive/member-path.ts'
import { EntryPolicy, type EntryLimits } from '#core/archive/entry-policy.ts'
import { encodeName } from '#core/archive/encode-name.ts'
import type { Member, MemberSink } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { tarMember, tarPad, tarTrailer, type TarMember } from '#core/archive/tar-writer.ts'
import { ByteQueue } from '../packaging/byte-queue.ts'

/** Inodes of which not all names have come, at once. */
const MAX_OPEN_LINKS = 100_000

/** A file of a cpio with several names: those before its data wait for it. */
interface Links {
  first: Uint8Array | undefined
  waiting: TarMember[]
  missing: number
}

export class SafeTar implements MemberSink {
  readonly #policy: EntryPolicy
  readonly #queue = new ByteQueue()
  readonly #links = new Map<string, Links>()
  /** bytes of the file that is being written; undefined when its data is passed over */
  #size: number | undefined
  #followers: TarMember[] = []
  /** device nodes, which are left out */
  devices = 0
  /** bytes of files */
  bytes = 0
  /** whether the archive says what its root is like */
  hasRoot = false

  constructor(limits: EntryLimits) {
    this.#policy = new EntryPolicy(limits)
  }

  /** Members let through so far. */
  get entries(): number {
    return this.#policy.entries
  }

  /** What can be given out of the tar. */
  take(): Buffer[] {
    return this.#queue.take()
  }

  begin(member: Member): void {
    this.#size = undefined
    this.#followers = []
    if (member.type === 'block' || member.type === 'character') {
      this.devices += 1
      return
    }
    const written = this.#admitted(member)
    if (member.inode !== undefined && member.type === 'file')
      return this.#beginLinked(member.inode, member.names ?? 1, written)
    this.#write(written)
  }

  data(bytes: Uint8Array): void {
    if (this.#size === undefined) return
    this.bytes += bytes.byteLength
    this.#queue.add(bytes)
  }

  end(): void {
    if (this.#size === undefined) return
    this.#queue.add(tarPad(this.#size))
    for (const follower of this.#followers) this.#queue.add(tarMember(follower))
    this.#size = undefined
  }

  /** The rest of the tar. Files with several names whose data never came are empty. */
  finish(): Buffer[] {
    for (const { first, waiting } of this.#links.values()) if (!first) this.#writeAll(waiting)
    this.#queue.add(tarTrailer(this.#queue.written))
    return this.#queue.take(true)
  }

  #write(member: TarMember): void {
    this.#queue.add(tarMember(member))
    this.#size = member.size
  }

  /**
   * A symlink keeps its target: below the root of what it belongs to, `..` leads no higher than that.
   * @throws those of EntryPolicy: names that are absolute or lead outside, through symlinks, twice
   */
  #admitted(member: Member): TarMember {
    const bare = member.path.replace(/^(\.\/+)+/, '')
    const link = member.type === 'symlink' ? clampLink(bare, member.link ?? '') : member.link
    const { path } = this.#policy.admit({ ...member, ...(link !== undefined && { link }) })
    if (path === '.') this.hasRoot = true
    const { type, mode, uid, gid, size, mtime } = member
    return {
      path:
        path === '.'
          ? Buffer.from(path)
          : bareBytes(member.raw?.path ?? encodeName(member.path, member.pathBytes)),
      type,
      mode,
      uid,
      gid,
      size,
      mtime,
      ...(member.link !== undefined && {
        link: linkBytes(type, member.raw?.link ?? encodeName(member.link, -1)),
      }),
    }
  }

  #beginLinked(inode: string, names: number, member: TarMember): void {
    const links = this.#links.get(inode) ?? { first: undefined, waiting: [], missing: names }
    this.#links.set(inode, links)
    if (this.#links.size > MAX_OPEN_LINKS) {
      const what = `more than ${MAX_OPEN_LINKS} files of the archive lack some of their hard links`
      throw refusal('TooManyEntries', what)
    }
    links.missing -= 1
    if (links.first) this.#queue.add(tarMember(linkTo(links.first, member)))
    else links.waiting.push(member)
    if (!links.first && (member.size > 0 || links.missing === 0)) {
      const [head, ...others] = links.waiting
      links.waiting = []
      if (head) {
        links.first = head.path
        this.#write({ ...head, size: member.size })
        this.#followers = others.map((other) => linkTo(head.path, other))
      }
    }
    if (links.missing === 0) this.#links.delete(inode)
  }

  #writeAll([head, ...others]: readonly TarMember[]): void {
    if (!head) return
    for (const member of [head, ...others.map((other) => linkTo(head.path, other))])
      this.#queue.add(tarMember(member))
  }
}

function linkTo(first: Uint8Array, member: TarMember): TarMember {
  return { ...member, type: 'hardlink', size: 0, link: first }
}

function linkBytes(type: Member['type'], target: Uint8Array): Uint8Array {
  return type === 'hardlink' ? bareBytes(target) : target.slice()
}

/** Without `./` in front and slashes behind. */
function bareBytes(name: Uint8Array): Buffer {
  const text = Buffer.from(name).toString('latin1')
  return Buffer.from(text.replace(/^(\.\/+)+/, '').replace(/\/+$/, ''), 'latin1')
}
