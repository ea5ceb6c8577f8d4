// First pass over a tree: every object gets its number, every directory its size and links. Memory is names and attributes alone.
import { decodeName } from '../../archive/member.ts'
import { refusal } from '../../archive/refusals.ts'
import { quoted } from '../../quoted.ts'
import type { DeviceReader, Moment } from './attributes.ts'
import { ContentDigest, guidOf } from './content-digest.ts'
import { fixedNumbers } from './fixed-objects.ts'
import { nameKeys, PlannedTree, type PlannedNode } from './planned-tree.ts'
import type { SourceEntry, TreeSource } from './tree-source.ts'

export interface PlanOptions {
  /** of the file system that the stream gives: 4 for pools below version 24, else 5 (zfs-stream.md 12) */
  zpl: 4 | 5
  /** the tree is the root of a zone: it comes as `root` into a directory that only root may enter */
  wrap?: 'zonepath'
  /** of the snapshot, seconds since the epoch; the newest time in the tree when it is not given */
  created?: number
  /** whose device numbers these are; Solaris and illumos when not given */
  devices?: DeviceReader
}

export interface ObjectPlan {
  zpl: 4 | 5
  devices: DeviceReader
  root: PlannedNode
  /** by object number; with those that a later entry of the same name replaced */
  nodes: readonly PlannedNode[]
  /** of all entries in order: same digest, same bytes */
  digest: Uint8Array
  toGuid: string
  created: number
  /** sockets, which nothing outside their process can use */
  skippedSockets: number
}

const TOP_MODE = 0o700
const ROOT_MODE = 0o755
const MAX_ID = 0xffffffff
/** Linux's limit; Solaris follows targets of up to 1023 bytes */
const MAX_TARGET = 4095

/** @throws InvalidName, NameTooLong, TooDeep, DuplicateEntry, HardLinkTarget, UnsupportedEntry; failures of the source pass through */
export async function planObjects(source: TreeSource, options: PlanOptions): Promise<ObjectPlan> {
  const planner = new Planner(options)
  for await (const entry of source.entries()) planner.add(entry)
  return planner.finish()
}

class Planner {
  readonly #options: PlanOptions
  readonly #digest: ContentDigest
  readonly #top: PlannedNode
  readonly #tree: PlannedTree
  readonly #nodes: PlannedNode[] = []
  #nextObject: number
  #entries = 0
  #newest = 0
  #sockets = 0

  constructor(options: PlanOptions) {
    const { zpl, wrap, devices = 'solaris' } = options
    this.#options = options
    this.#digest = new ContentDigest({ zpl, wrap: wrap ?? '', devices })
    this.#nextObject = fixedNumbers(zpl).root
    this.#top = this.#directory({ seconds: 0, nanoseconds: 0 })
    this.#top.parent = this.#top
    this.#top.names = 1
    const root = wrap ? this.#directory(this.#top.time) : this.#top
    this.#tree = new PlannedTree(root, (like) => this.#directory(like))
    if (!wrap) return
    this.#top.mode = TOP_MODE
    this.#tree.attach(this.#top, 'root', root)
  }

  add(entry: SourceEntry): void {
    const index = this.#entries++
    checkEntry(entry)
    this.#digest.add(entry)
    if (entry.type === 'socket') {
      this.#sockets += 1
      return
    }
    const time = { seconds: entry.mtime, nanoseconds: entry.mtimeNsec }
    this.#newest = Math.max(this.#newest, entry.mtime)
    const names = nameKeys(entry.path, this.#options.wrap && 'root')
    const name = names.pop()
    if (name === undefined) return this.#describe(this.#tree.root, entry)
    const parent = this.#tree.directory(names, time)
    const before = parent.children?.get(name)
    if (entry.type === 'directory') return this.#addDirectory(parent, name, entry)
    if (before?.children) throw duplicate(entry)
    this.#tree.attach(
      parent,
      name,
      entry.type === 'hardlink' ? this.#linked(entry) : this.#leaf(entry, index),
    )
  }

  finish(): ObjectPlan {
    const { zpl, wrap, devices = 'solaris', created = this.#newest } = this.#options
    if (wrap) {
      this.#tree.root.mode = ROOT_MODE
      this.#top.time = this.#tree.root.time
    }
    const digest = this.#digest.finish()
    return {
      zpl,
      devices,
      root: this.#top,
      nodes: this.#nodes,
      digest,
      toGuid: guidOf(digest),
      created,
      skippedSockets: this.#sockets,
    }
  }

  #addDirectory(parent: PlannedNode, name: string, entry: SourceEntry): void {
    const before = parent.children?.get(name)
    if (before && !before.children) throw duplicate(entry)
    const time = { seconds: entry.mtime, nanoseconds: entry.mtimeNsec }
    this.#describe(before ?? this.#tree.attach(parent, name, this.#directory(time)), entry)
  }

  #linked(entry: SourceEntry): PlannedNode {
    const target = nameKeys(entry.linkTo ?? [])
    const found = this.#tree.find(target)
    if (!found || found.children || target.join('/') === nameKeys(entry.path).join('/')) {
      throw refusal(
        'HardLinkTarget',
        `${shownPath(entry.path)} is a hard link to ${shownPath(entry.linkTo ?? [])}, expected an earlier entry that is no directory`,
      )
    }
    return found
  }

  #leaf(entry: SourceEntry, index: number): PlannedNode {
    const type = entry.type === 'hardlink' ? 'file' : entry.type
    const node: PlannedNode = this.#node({ ...blank(), type })
    this.#describe(node, entry)
    if (type === 'file') node.size = entry.size
    if (type === 'file' && entry.size > 0) node.entry = index
    if (type === 'symlink' && entry.target) node.target = entry.target.slice()
    if (entry.device) node.device = entry.device
    return node
  }

  #describe(node: PlannedNode, { mode, uid, gid, mtime, mtimeNsec }: SourceEntry): void {
    Object.assign(node, { mode, uid, gid, time: { seconds: mtime, nanoseconds: mtimeNsec } })
  }

  /** One that the source does not mention, or not yet. */
  #directory(time: Moment): PlannedNode {
    return this.#node({ ...blank(), type: 'directory', mode: ROOT_MODE, time, children: new Map() })
  }

  #node(node: PlannedNode): PlannedNode {
    node.object = this.#nextObject++
    this.#nodes.push(node)
    return node
  }
}

function blank(): Omit<PlannedNode, 'type'> {
  const time = { seconds: 0, nanoseconds: 0 }
  return { object: 0, mode: 0, uid: 0, gid: 0, time, size: 0, names: 0, parent: undefined, name: '' }
}

function checkEntry(entry: SourceEntry): void {
  const { type, mode, uid, gid, mtime, mtimeNsec, size, target, sha256 } = entry
  const isNumber = (value: number, max: number) => Number.isSafeInteger(value) && value >= 0 && value <= max
  const wrong = (what: string) => refusal('UnsupportedEntry', `${shownPath(entry.path)} has ${what}`)
  if (!isNumber(mode, 0o7777)) throw wrong(`the mode ${mode}, expected permission bits`)
  if (!isNumber(uid, MAX_ID) || !isNumber(gid, MAX_ID)) {
    throw wrong(`the owner ${uid}:${gid}, expected numbers of 32 bits`)
  }
  if (!Number.isSafeInteger(mtime) || !isNumber(mtimeNsec, 999_999_999)) {
    throw wrong(`the time ${mtime}.${mtimeNsec}, expected seconds and nanoseconds`)
  }
  if (!isNumber(size, Number.MAX_SAFE_INTEGER)) throw wrong(`${size} bytes`)
  if (type === 'file' && size > 0 && sha256 === undefined) throw wrong('no sha256, which the guid is made of')
  if (type !== 'symlink') return
  if (!target || target.byteLength === 0 || target.byteLength > MAX_TARGET || target.includes(0)) {
    throw wrong(`a target of ${target?.byteLength ?? 0} bytes, expected a path of 1 to ${MAX_TARGET}`)
  }
}

function duplicate({ path, type }: SourceEntry): Error {
  return refusal('DuplicateEntry', `${shownPath(path)} comes as a ${type} and was not before`)
}

function shownPath(path: readonly Uint8Array[]): string {
  return quoted(path.map(decodeName).join('/') || '.')
}
