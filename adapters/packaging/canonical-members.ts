// Turns what a reader finds in a zone's tree into the members that are packaged: the same for the same tree, whoever read it.
import { parseDevice, type DeviceNumbers } from '#core/archive/devices.ts'
import { encodeName } from '#core/archive/encode-name.ts'
import { EntryPolicy, type EntryLimits } from '#core/archive/entry-policy.ts'
import { clampLink } from '#core/archive/member-path.ts'
import type { Member, MemberSink } from '#core/archive/member.ts'
import { SparseExpander } from '#core/archive/sparse-map.ts'
import { ProvisionError } from '#core/errors.ts'
import { isBelowAny } from '#core/packaging/left-out.ts'
import type { LinkGroups } from '#core/packaging/link-groups.ts'
import type { EntryType } from '#core/entry.ts'

/** A member with its names as bytes. */
export interface CanonicalMember {
  /** as it is shown in the index */
  path: string
  name: Buffer
  type: EntryType
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  /** a symlink's target or a hard link's earlier name, as shown and as bytes */
  link?: { path: string; name: Buffer }
  /** of a device node: of a zone none is packaged, an archive may have the usual ones */
  device?: DeviceNumbers
  /** the first of several names: all of them, as bytes */
  names?: readonly Buffer[]
}

/** What happens in the archive, in order. A number is so many zeros. */
export type ArchiveEvent = CanonicalMember | Uint8Array | number | 'end'

interface LinkedFile {
  /** names whose data has not come yet; cpio sends it with the last */
  waiting: CanonicalMember[]
  first: CanonicalMember | undefined
}

export interface CanonicalSettings {
  /** directories whose contents are left out, as devices are; absent: the tree is an archive, of which nothing is left out */
  emptied?: ReadonlySet<string>
  groups: LinkGroups
  limits: EntryLimits
}

export class CanonicalMembers implements MemberSink {
  readonly #settings: CanonicalSettings
  readonly #policy: EntryPolicy
  readonly #linked = new Map<string, LinkedFile>()
  /** the symlinks with several names, by the first of them */
  readonly #linkedSymlinks = new Map<string, Member>()
  #events: ArchiveEvent[] = []
  #isSkipped = false
  #sparse: SparseExpander | undefined
  /** names that follow the current file */
  #followers: CanonicalMember[] = []

  constructor(settings: CanonicalSettings) {
    this.#settings = settings
    this.#policy = new EntryPolicy(settings.limits)
  }

  /** Members let through so far. */
  get entries(): number {
    return this.#policy.entries
  }

  /** What has happened since the last call. */
  take(): ArchiveEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  begin(read: Member): void {
    const member = this.#withoutLinkedSymlink(read)
    const canonical = this.#canonical(member)
    this.#isSkipped = canonical === undefined
    if (member.inode !== undefined && member.type === 'file')
      return this.#beginLinked(member.inode, member.size, canonical)
    if (!canonical) return
    if (member.sparseSize !== undefined) this.#sparse = new SparseExpander(canonical.path, member.sparseSize)
    this.#events.push(canonical)
  }

  data(bytes: Uint8Array): void {
    if (this.#isSkipped) return
    if (this.#sparse) this.#events.push(...this.#sparse.push(bytes))
    else this.#events.push(bytes)
  }

  end(): void {
    if (this.#isSkipped) return
    const zeros = this.#sparse?.finish() ?? 0
    if (zeros > 0) this.#events.push(zeros)
    this.#sparse = undefined
    this.#events.push('end')
    for (const follower of this.#followers) this.#events.push(follower, 'end')
    this.#followers = []
  }

  /** A further name of a symlink, which tar has as a hard link and cpio as another symlink, is another symlink. */
  #withoutLinkedSymlink(member: Member): Member {
    if (member.type === 'hardlink') {
      const first = this.#linkedSymlinks.get(barePath(member.link ?? ''))
      if (!first) return member
      const raw = member.raw && first.raw && { path: member.raw.path, link: first.raw.link }
      const { raw: _raw, ...rest } = member
      return { ...rest, type: 'symlink', link: first.link ?? '', ...(raw && { raw }) }
    }
    const name = bareBytes(member.raw?.path ?? encodeName(member.path, member.pathBytes))
    if (member.type === 'symlink' && this.#settings.groups.has(latin1(name))) {
      const raw = member.raw && { path: member.raw.path.slice(), link: member.raw.link.slice() }
      this.#linkedSymlinks.set(barePath(member.path), { ...member, ...(raw && { raw }) })
    }
    return member
  }

  /** What is packaged of this member; undefined when it is left out. */
  #canonical(member: Member): CanonicalMember | undefined {
    const { emptied } = this.#settings
    const isDevice = member.type === 'block' || member.type === 'character'
    const isBelow = emptied !== undefined && (isDevice || isBelowAny(barePath(member.path), emptied))
    if (isBelow || barePath(member.path) === '.') return undefined
    const target =
      member.type === 'symlink' ? clampLink(barePath(member.path), member.link ?? '') : member.link
    const admitted = this.#policy.admit({ ...member, ...(target !== undefined && { link: target }) })
    const name = bareBytes(member.raw?.path ?? encodeName(member.path, member.pathBytes))
    const size = member.sparseSize ?? member.size
    const { type, mode, uid, gid, mtime } = member
    const canonical = {
      path: admitted.path,
      name,
      type,
      mode,
      uid,
      gid,
      size,
      mtime: emptied === undefined ? mtime : Math.max(mtime, 0),
      ...(member.device !== undefined && { device: parseDevice(member.device) }),
    }
    if (admitted.link === undefined) return this.#withNames(canonical)
    const isAsWritten = target === member.link && member.raw !== undefined
    const raw = isAsWritten && member.raw ? Buffer.from(member.raw.link) : Buffer.from(admitted.link)
    const link = { path: admitted.link, name: type === 'hardlink' ? bareBytes(raw) : raw }
    if (type === 'hardlink') this.#checkGroup(canonical.name, link.name)
    return { ...canonical, link }
  }

  #withNames(member: CanonicalMember): CanonicalMember {
    if (member.type !== 'file') return member
    const names = this.#settings.groups.get(member.name.toString('latin1'))
    return names ? { ...member, names: names.map((name) => Buffer.from(name, 'latin1')) } : member
  }

  /** @throws ZoneChanged when the link was made after the links were listed */
  #checkGroup(name: Buffer, first: Buffer): void {
    const group = this.#settings.groups.get(first.toString('latin1'))
    if (group?.includes(name.toString('latin1'))) return
    throw new ProvisionError(
      'conflict',
      'ZoneChanged',
      `${JSON.stringify(name.toString())} became a hard link while the zone was read, expected a zone at rest`,
    )
  }

  /** Files with several names whose data never came are empty. */
  finish(): void {
    for (const file of this.#linked.values()) if (!file.first) this.#emitEmpty(file)
  }

  #emitEmpty(file: LinkedFile): void {
    const [head, ...others] = file.waiting
    if (!head) return
    file.waiting = []
    file.first = this.#withNames(head)
    this.#events.push(file.first, 'end')
    for (const other of others) this.#events.push(linkTo(head, other), 'end')
  }

  /**
   * cpio: names of one file come without data until the last, which may be one that is left out. The file goes out under its
   * first name, the others follow.
   */
  #beginLinked(inode: string, size: number, member: CanonicalMember | undefined): void {
    const file = this.#linked.get(inode) ?? { waiting: [], first: undefined }
    this.#linked.set(inode, file)
    this.#isSkipped = true
    if (file.first) {
      // Solaris may send the data with every name: once is enough
      if (member) this.#events.push(linkTo(file.first, member), 'end')
      return
    }
    if (member) file.waiting.push(member)
    const [head, ...others] = file.waiting
    if (!head) return
    if (size === 0) {
      const names = this.#settings.groups.get(latin1(head.name))
      if (names?.length === file.waiting.length) this.#emitEmpty(file)
      return
    }
    this.#isSkipped = false
    file.waiting = []
    file.first = this.#withNames({ ...head, size })
    this.#followers = others.map((other) => linkTo(head, other))
    this.#events.push(file.first)
  }
}

const latin1 = (name: Buffer): string => name.toString('latin1')

function linkTo(first: CanonicalMember, other: CanonicalMember): CanonicalMember {
  const { names: _names, ...rest } = other
  return { ...rest, type: 'hardlink', size: 0, link: { path: first.path, name: first.name } }
}

/** Without `./` in front and slashes behind; `.` for the root itself. */
function barePath(path: string): string {
  return path.replace(/^(\.\/+)+/, '').replace(/\/+$/, '') || '.'
}

function bareBytes(name: Uint8Array): Buffer {
  return Buffer.from(barePath(Buffer.from(name).toString('latin1')), 'latin1')
}
