// A digest of all that goes into a stream: its guid and the salts of its tables are made of it (zfs-stream.md 12, 16 item 21).
import { Sha256 } from './sha256.ts'
import type { SourceEntry } from './tree-source.ts'

/**
 * Another number for another way to number objects: two streams of one guid must have the same objects, or an increment on the one
 * would be taken for an increment on the other.
 */
const FORM = 1

export class ContentDigest {
  readonly #hash = new Sha256()
  readonly #encoder = new TextEncoder()

  /** `settings` is what decides of the form beside the entries. */
  constructor(settings: Record<string, string | number>) {
    this.#text(JSON.stringify({ form: FORM, ...settings }))
  }

  /** Entries in their order: object numbers follow it. */
  add(entry: SourceEntry): void {
    const { type, mode, uid, gid, mtime, mtimeNsec, size, device, sha256 } = entry
    const numbers = [mode, uid, gid, mtime, mtimeNsec, size, device?.major ?? 0, device?.minor ?? 0]
    this.#text(`${type} ${numbers.join(' ')} ${sha256 ?? ''}`)
    this.#path(entry.path)
    this.#bytes(entry.target ?? new Uint8Array())
    this.#path(entry.linkTo ?? [])
  }

  /** 32 bytes. */
  finish(): Uint8Array {
    return this.#hash.digest()
  }

  #path(path: readonly Uint8Array[]): void {
    this.#text(`${path.length}`)
    for (const name of path) this.#bytes(name)
  }

  #text(text: string): void {
    this.#bytes(this.#encoder.encode(text))
  }

  /** Ended by a byte that neither names, targets nor our own text have. */
  #bytes(bytes: Uint8Array): void {
    this.#hash.update(bytes).update(END)
  }
}

const END = new Uint8Array(1)

/** A number that is not 0, in decimal, for a guid. */
export function guidOf(digest: Uint8Array): string {
  const guid = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0)
  return (guid === 0n ? 1n : guid).toString()
}

/** The salt of an object's table: odd, as those of ZFS are. */
export function saltOf(digest: Uint8Array, object: number): bigint {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigUint64(0, BigInt(object))
  const mixed = new Sha256().update(digest).update(number).digest()
  return new DataView(mixed.buffer).getBigUint64(0) | 1n
}
