// Takes the zone's root alone out of a zonepath: what lies beside `root/` stays behind.
import { ProvisionError } from '#core/errors.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

const ROOT = Buffer.from('root')

/** Memory: a bit for each entry. */
export class OutOfZonepath implements TreeSource {
  readonly #zonepath: TreeSource
  /** which entries are those of the zone */
  #kept: Bits | undefined

  constructor(zonepath: TreeSource) {
    this.#zonepath = zonepath
  }

  /** @throws CannotConvert when a file of the zone is another name of one beside it */
  async *entries(): AsyncGenerator<SourceEntry> {
    const kept = new Bits()
    let index = 0
    for await (const entry of this.#zonepath.entries()) {
      const isKept = isInRoot(entry.path)
      if (isKept) kept.add(index)
      index += 1
      if (!isKept) continue
      if (entry.linkTo && !isInRoot(entry.linkTo)) throw linkedOutside(entry)
      yield {
        ...entry,
        path: entry.path.slice(1),
        ...(entry.linkTo && { linkTo: entry.linkTo.slice(1) }),
      }
    }
    this.#kept = kept
  }

  /** The second pass: `entries` was read to its end before. */
  async *contents(): AsyncGenerator<SourceContents> {
    const kept = this.#kept
    if (!kept) throw new Error('the contents were asked for before the entries')
    let [before, counted] = [0, 0]
    for await (const { index, bytes } of this.#zonepath.contents()) {
      for (; counted < index; counted++) before += kept.has(counted) ? 1 : 0
      if (kept.has(index)) yield { index: before, bytes }
    }
  }
}

/** Numbers, a bit each. */
class Bits {
  #bytes = new Uint8Array(1024)

  add(number: number): void {
    const at = number >> 3
    if (at >= this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (number & 7))
  }

  has(number: number): boolean {
    return ((this.#bytes[number >> 3] ?? 0) & (1 << (number & 7))) !== 0
  }
}

function isInRoot([first]: readonly Uint8Array[]): boolean {
  return first !== undefined && ROOT.equals(first)
}

function linkedOutside({ path }: SourceEntry): ProvisionError {
  const name = path.map((one) => Buffer.from(one).toString()).join('/')
  return new ProvisionError(
    'conflict',
    'CannotConvert',
    `${JSON.stringify(name)} is another name of a file beside root/, expected none where the zone's root goes alone`,
  )
}
