// The members of a layer, picked out of the version's own tar while that passes.
import type { Member, MemberSink } from '#core/archive/member.ts'
import { tarMember, tarPad, tarTrailer } from '#core/archive/tar-writer.ts'
import { HEAD_MEMBER, REMOVE_MEMBER, renderRemove, TREE_MEMBER } from '#core/layer/head.ts'
import { ByteQueue } from '../packaging/byte-queue.ts'

const encoder = new TextEncoder()
const BELOW = Buffer.from(`${TREE_MEMBER}/`)

export class LayerTar implements MemberSink {
  readonly bytes = new ByteQueue()
  readonly #bring: ReadonlySet<string>
  /** of the member that passes; undefined: it is not picked */
  #size: number | undefined

  constructor(bring: ReadonlySet<string>) {
    this.#bring = bring
  }

  /** The texts come first: who unpacks them need not look for them behind gigabytes. */
  begins(head: string, remove: readonly string[]): void {
    this.#addText(HEAD_MEMBER, head)
    this.#addText(REMOVE_MEMBER, renderRemove(remove))
  }

  begin({ path, raw, type, mode, uid, gid, size, mtime }: Member): void {
    this.#size = undefined
    if (!raw || !this.#bring.has(path.replace(/\/+$/, ''))) return
    this.#size = size
    const name = Buffer.concat([BELOW, raw.path])
    const bare = name.at(-1) === 0x2f ? name.subarray(0, -1) : name
    const link = type === 'hardlink' ? Buffer.concat([BELOW, raw.link]) : Buffer.from(raw.link)
    const hasLink = type === 'hardlink' || type === 'symlink'
    this.bytes.add(tarMember({ path: bare, type, mode, uid, gid, size, mtime, ...(hasLink && { link }) }))
  }

  data(bytes: Uint8Array): void {
    if (this.#size !== undefined) this.bytes.add(bytes)
  }

  end(): void {
    if (this.#size !== undefined) this.bytes.add(tarPad(this.#size))
  }

  finish(): void {
    this.bytes.add(tarTrailer(this.bytes.written))
  }

  #addText(name: string, text: string): void {
    const contents = encoder.encode(text)
    const owned = { mode: 0o600, uid: 0, gid: 0, mtime: 0 } as const
    const size = contents.byteLength
    this.bytes.add(tarMember({ path: encoder.encode(name), type: 'file', size, ...owned }))
    this.bytes.add(contents)
    this.bytes.add(tarPad(size))
  }
}
