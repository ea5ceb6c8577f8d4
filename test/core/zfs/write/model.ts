// What changes mean, told without any of the code under test: names and inodes in plain maps.
import { createHash } from 'node:crypto'
import { orderKey } from '#core/diff/path-order.ts'
import type { Change } from '#core/zfs/write/change.ts'
import type { Applied } from './applied.ts'

interface Inode {
  type: string
  mode: number
  owner: string
  data: string
}

export class Model {
  readonly #names = new Map<string, Inode>()

  constructor({ tree, told }: Applied) {
    const inodes = new Map<number, Inode>()
    for (const { path, object, type, mode, uid, gid } of tree.nodes) {
      const [, , , , ...rest] = (told.get(path) ?? '').split(' ')
      const data = rest.slice(0, -1).join(' ')
      const inode = inodes.get(object) ?? { type, mode, owner: `${uid}:${gid}`, data }
      inodes.set(object, inode)
      this.#names.set(path, inode)
    }
  }

  paths(): string[] {
    return [...this.#names.keys()]
  }

  /** Returns false, and does nothing, when it makes no sense. */
  apply(change: Change): boolean {
    const { path, kind } = change
    const at = this.#names.get(path)
    if (path === '.' && kind !== 'attributes') return false
    if (kind === 'remove') {
      for (const below of this.#below(path)) this.#names.delete(below)
      return true
    }
    if (kind === 'attributes') {
      if (at) Object.assign(at, { mode: change.mode, owner: `${change.uid}:${change.gid}` })
      return at !== undefined
    }
    if (kind === 'empty') {
      if (at?.type === 'file') at.data = fileData(new Uint8Array())
      return at?.type === 'file'
    }
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
    if (this.#names.get(parent)?.type !== 'directory') return false
    const made = kind === 'link' ? this.#names.get(change.to) : newInode(change)
    if (!made || (made.type === 'directory' && kind === 'link')) return false
    if (made === at) return true
    const gone = this.#below(path)
    if (
      kind === 'link' &&
      this.paths().every((each) => gone.includes(each) || this.#names.get(each) !== made)
    )
      return false
    for (const below of gone) this.#names.delete(below)
    this.#names.set(path, made)
    return true
  }

  /** As applied() tells a tree. */
  told(): Map<string, string> {
    const first = new Map<Inode, string>()
    const lines = new Map<string, string>()
    const sorted = this.paths().toSorted((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1))
    for (const path of sorted) {
      const inode = this.#names.get(path)
      if (!inode) continue
      const { type, mode, owner, data } = inode
      const link = first.get(inode) ?? ''
      if (!link) first.set(inode, path)
      lines.set(path, `${type} ${mode.toString(8)} ${owner} ${this.#links(path, inode)} ${data} ${link}`)
    }
    return lines
  }

  #links(path: string, inode: Inode): number {
    const all = [...this.#names]
    if (inode.type !== 'directory') return all.filter(([, each]) => each === inode).length
    const inside = path === '.' ? '' : `${path}/`
    const isChild = (each: string) =>
      each !== '.' && each.startsWith(inside) && !each.slice(inside.length).includes('/')
    return 2 + all.filter(([each, { type }]) => type === 'directory' && isChild(each)).length
  }

  #below(path: string): string[] {
    return this.paths().filter((each) => each === path || each.startsWith(`${path}/`))
  }
}

function newInode(change: Exclude<Change, { kind: 'attributes' | 'empty' | 'remove' | 'link' }>): Inode {
  const owner = `${change.uid}:${change.gid}`
  if (change.kind === 'symlink') {
    return { type: 'symlink', mode: 0o777, owner, data: Buffer.from(change.target).toString('latin1') }
  }
  const { kind: type, mode } = change
  if (change.kind === 'file') {
    const data = change.contents instanceof Uint8Array ? fileData(change.contents) : ''
    return { type, mode, owner, data }
  }
  const device = 'device' in change && change.device ? `${change.device.major},${change.device.minor}` : ''
  return { type, mode, owner, data: device }
}

function fileData(contents: Uint8Array): string {
  return `${contents.byteLength} ${createHash('sha256').update(contents).digest('hex')}`
}
