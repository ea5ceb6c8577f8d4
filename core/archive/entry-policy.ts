// Decides entry by entry whether an archive may become a template. Nothing it lets through can write outside when it is unpacked.
import type { EntryType } from '../entry.ts'
import { allowedDevices } from './devices.ts'
import { climbHeight, climbsOut, normalizeMemberPath } from './member-path.ts'
import type { Member } from './member.ts'
import { PathKind, PathTable } from './path-table.ts'
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'

export interface EntryLimits {
  maxEntries: number
  /** bytes of one name */
  maxNameBytes: number
  /** bytes between two slashes; default: what file systems have */
  maxComponentBytes?: number
}

/** Higher climbs than this count as this: no hard link is taken to them. */
const MAX_CLIMB = 255

const kindOfType: Record<Exclude<EntryType, 'hardlink'>, PathKind> = {
  file: PathKind.file,
  directory: PathKind.directory,
  symlink: PathKind.symlink,
  block: PathKind.other,
  character: PathKind.other,
  fifo: PathKind.other,
}

/** What was let through: the path and the hard link's target in their one spelling. */
export interface AdmittedPath {
  path: string
  link?: string
}

export class EntryPolicy {
  readonly #limits: EntryLimits
  readonly #seen = new PathTable()
  /** how far up the symlinks lead that do: a hard link gives the same target another place */
  readonly #climbs = new PathTable<number>()
  #entries = 0
  /** the directory that the last entry was in: its parents need no second look */
  #knownParent = ''

  constructor(limits: EntryLimits) {
    this.#limits = limits
  }

  /** Members let through so far. */
  get entries(): number {
    return this.#entries
  }

  /**
   * Takes the next member in archive order.
   * @throws TooManyEntries, ThroughSymlink, DuplicateEntry, LinkOutside, HardLinkTarget, DeviceRefused and those of normalizeMemberPath
   */
  admit(member: Member): AdmittedPath {
    if (this.#entries >= this.#limits.maxEntries) {
      throw refusal('TooManyEntries', `the archive has more than ${this.#limits.maxEntries} entries`)
    }
    this.#entries += 1
    const { maxNameBytes, maxComponentBytes } = this.#limits
    const path = normalizeMemberPath(member.path, member.pathBytes, maxNameBytes, maxComponentBytes)
    if (path === '.') return this.#admitRoot(member)
    this.#checkParents(path)
    const link = this.#checkLink(member, path)
    if (member.type === 'block' || member.type === 'character') checkDevice(member, path)
    const kind =
      member.type === 'hardlink' ? (this.#seen.get(link ?? '') ?? PathKind.file) : kindOfType[member.type]
    this.#checkDuplicate(path, member.type, kind)
    return link === undefined ? { path } : { path, link }
  }

  #admitRoot(member: Member): AdmittedPath {
    if (member.type !== 'directory') {
      throw refusal('InvalidName', `${quoted(member.path)} names the archive's root, but is a ${member.type}`)
    }
    return { path: '.' }
  }

  /** An archive escapes by making a symlink and then naming something below it: tar and cpio follow it. */
  #checkParents(path: string): void {
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    if (parent === this.#knownParent) return
    for (let slash = parent.indexOf('/'); ; slash = parent.indexOf('/', slash + 1)) {
      const above = slash < 0 ? parent : parent.slice(0, slash)
      if (above === '') break
      const kind = this.#seen.get(above)
      if (kind === PathKind.symlink) {
        throw refusal(
          'ThroughSymlink',
          `${quoted(path)} leads through ${quoted(above)}, which the archive has as a symlink`,
        )
      }
      if (kind !== undefined && kind !== PathKind.directory) {
        throw refusal(
          'DuplicateEntry',
          `${quoted(path)} needs the directory ${quoted(above)}, which the archive has as a file`,
        )
      }
      if (kind === undefined) this.#seen.set(above, PathKind.directory)
      if (slash < 0) break
    }
    this.#knownParent = parent
  }

  #checkDuplicate(path: string, type: EntryType, now: PathKind): void {
    const before = this.#seen.get(path)
    if (before !== undefined && before !== now) {
      throw refusal(
        'DuplicateEntry',
        `${quoted(path)} comes twice, the second time as a ${type}, which it was not before`,
      )
    }
    if (before === undefined) this.#seen.set(path, now)
  }

  /** Returns a hard link's target in its one spelling. Absolute symlink targets are fine: they mean the zone's own root. */
  #checkLink(member: Member, path: string): string | undefined {
    if (member.link === undefined) return undefined
    if (member.link === '' || member.link.includes('\0')) {
      throw refusal('InvalidName', `${quoted(path)} is a link to ${quoted(member.link)}, expected a path`)
    }
    if (new TextEncoder().encode(member.link).byteLength > Math.max(this.#limits.maxNameBytes, 1023)) {
      throw refusal(
        'NameTooLong',
        `${quoted(path)} is a link to a name of more than ${this.#limits.maxNameBytes} bytes`,
      )
    }
    if (member.type === 'symlink') {
      if (!climbsOut(path, member.link)) {
        this.#rememberClimb(path, climbHeight(member.link))
        return member.link
      }
      throw refusal(
        'LinkOutside',
        `${quoted(path)} is a symlink to ${quoted(member.link)}, which climbs above the archive's root`,
      )
    }
    return this.#checkHardLink(path, member.link)
  }

  #checkHardLink(path: string, link: string): string {
    if (link.startsWith('/') || link.split('/').includes('..')) {
      throw refusal(
        'LinkOutside',
        `${quoted(path)} is a hard link to ${quoted(link)}, expected the name of a file in the archive`,
      )
    }
    const target = normalizeMemberPath(link, 0, this.#limits.maxNameBytes)
    const kind = this.#seen.get(target)
    if ((kind !== PathKind.file && kind !== PathKind.symlink) || target === path) {
      throw refusal(
        'HardLinkTarget',
        `${quoted(path)} is a hard link to ${quoted(link)}, which is no earlier file or symlink of the archive`,
      )
    }
    if (kind === PathKind.symlink) this.#checkLinkedSymlink(path, target)
    return target
  }

  /** GNU tar writes the second name of a symlink as a hard link. */
  #checkLinkedSymlink(path: string, target: string): void {
    const height = this.#climbs.get(target) ?? 0
    if (height >= MAX_CLIMB || height > path.split('/').length - 1) {
      throw refusal(
        'LinkOutside',
        `${quoted(path)} is a hard link to the symlink ${quoted(target)}, which from there climbs above the archive's root`,
      )
    }
    this.#rememberClimb(path, height)
  }

  /** Also over an earlier one: a path may come twice. */
  #rememberClimb(path: string, height: number): void {
    const highest = Math.max(this.#climbs.get(path) ?? 0, Math.min(height, MAX_CLIMB))
    if (highest > 0) this.#climbs.set(path, highest)
  }
}

function checkDevice(member: Member, path: string): void {
  const device = member.device ?? 'no number'
  const expected = member.type === 'character' ? allowedDevices(path) : []
  if (expected.includes(device)) return
  const instead =
    expected.length > 0 ? `expected ${expected.join(' or ')}` : 'expected none but the usual ones below dev/'
  throw refusal('DeviceRefused', `${quoted(path)} is the ${member.type} device ${device}, ${instead}`)
}
