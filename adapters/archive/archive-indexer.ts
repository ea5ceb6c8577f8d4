// Turns what an archive reader finds into index entries: policy, digests, hard links, layout and the detached configuration.
import { createHash, type Hash } from 'node:crypto'
import { checkDetachedXml } from '#core/archive/detached-xml.ts'
import { DETACHED_XML, LayoutRecognizer } from '#core/archive/layout.ts'
import { EntryPolicy, type EntryLimits } from '#core/archive/entry-policy.ts'
import type { Member, MemberSink } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout } from '#core/manifest.ts'

/** Inodes of which not all names have come, at once: more is no tree that anybody has. */
const MAX_OPEN_GROUPS = 100_000

/** The names of one inode in a cpio archive: those before its data wait for it. */
interface LinkGroup {
  /** names that have not come yet */
  missing: number
  waiting: Entry[]
  first: string | undefined
}

export class ArchiveIndexer implements MemberSink {
  readonly #policy: EntryPolicy
  readonly #emit: (entry: Entry) => void
  readonly #layout = new LayoutRecognizer()
  readonly #groups = new Map<string, LinkGroup>()
  #current: { entry: Entry; inode: string | undefined; names: number } | undefined
  #hash: Hash | undefined
  #xml: Uint8Array[] | undefined
  #detachedXml: string | undefined

  constructor(limits: EntryLimits, emit: (entry: Entry) => void) {
    this.#policy = new EntryPolicy(limits)
    this.#emit = emit
  }

  begin(member: Member): void {
    const { path, link } = this.#policy.admit(member)
    this.#layout.see(path, member.type)
    if (path === DETACHED_XML) checkDetachedXml(member)
    const entry: Entry = {
      path,
      type: member.type,
      mode: member.mode,
      uid: member.uid,
      gid: member.gid,
      size: member.size,
      mtime: member.mtime,
      ...(link !== undefined && { link }),
      ...(member.device !== undefined && { device: member.device }),
    }
    this.#current = { entry, inode: member.inode, names: member.names ?? 1 }
    this.#hash = member.type === 'file' ? createHash('sha256') : undefined
    this.#xml = path === DETACHED_XML ? [] : undefined
  }

  data(bytes: Uint8Array): void {
    this.#hash?.update(bytes)
    this.#xml?.push(bytes.slice())
  }

  end(): void {
    if (this.#current === undefined) return
    const { entry, inode, names } = this.#current
    this.#current = undefined
    if (this.#hash) entry.sha256 = this.#hash.digest('hex')
    if (this.#xml) this.#detachedXml = new TextDecoder().decode(Buffer.concat(this.#xml))
    this.#xml = undefined
    if (inode === undefined) this.#emit(entry)
    else this.#joinGroup(inode, names, entry)
  }

  /** Ends the archive. @throws UnknownLayout */
  finish(): { layout: ArchiveLayout; entries: number; detachedXml: string | undefined } {
    // Inodes whose data never came are empty files.
    for (const group of this.#groups.values()) this.#settle(group)
    this.#groups.clear()
    return { layout: this.#layout.decide(), entries: this.#policy.entries, detachedXml: this.#detachedXml }
  }

  #joinGroup(inode: string, names: number, entry: Entry): void {
    const group = this.#groups.get(inode) ?? { missing: names, waiting: [], first: undefined }
    this.#groups.set(inode, group)
    if (this.#groups.size > MAX_OPEN_GROUPS) {
      throw refusal(
        'TooManyEntries',
        `more than ${MAX_OPEN_GROUPS} files of the archive lack some of their hard links`,
      )
    }
    group.missing -= 1
    group.waiting.push(entry)
    // Names before the one with the data wait for it; those after it are links to the first.
    if (group.first !== undefined || entry.size > 0 || group.missing === 0) this.#settle(group)
    if (group.missing === 0) this.#groups.delete(inode)
  }

  /** Emits the waiting names: the first as the file with what the last one carried, the others as links to it. */
  #settle(group: LinkGroup): void {
    const carrier = group.waiting.at(-1)
    const [head, ...others] = group.waiting
    group.waiting = []
    if (carrier === undefined || head === undefined) return
    if (group.first === undefined) {
      group.first = head.path
      this.#emit({ ...carrier, path: head.path })
    } else {
      this.#emit(linkTo(group.first, head))
    }
    for (const other of others) this.#emit(linkTo(group.first, other))
  }
}

function linkTo(first: string, entry: Entry): Entry {
  const { sha256: _contents, ...rest } = entry
  return { ...rest, type: 'hardlink', size: 0, link: first }
}
