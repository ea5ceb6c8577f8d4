// What two indexes are compared by, and what a host's listing is checked against (docs/layer-format.md).
import type { Entry } from '../entry.ts'

/** Names of one file, by the one under which the archive holds its contents. */
export type LinkNames = ReadonlyMap<string, readonly string[]>

/** Collects hard links; the first name is not among them until its turn comes. */
export class LinkCollector {
  readonly #names = new Map<string, string[]>()
  #links = 0

  add({ type, path, link }: Entry): void {
    if (type !== 'hardlink' || link === undefined) return
    this.#links += 1
    const names = this.#names.get(link)
    if (names) names.push(path)
    else this.#names.set(link, [link, path])
  }

  get links(): number {
    return this.#links
  }

  get names(): LinkNames {
    return this.#names
  }
}

/** A name that a line of text can hold, and that stands for one sequence of bytes only (core/archive/member.ts decodeName). */
export function isPlainName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\x00-\x1f\x7f]|\\x[89A-F][0-9A-F]/.test(name) && name.isWellFormed()
}

/** An entry with what its further names share with it: contents, and which names those are. */
export class LinkedEntries {
  readonly #names: LinkNames
  readonly #contents = new Map<string, Pick<Entry, 'size' | 'sha256'>>()

  constructor(names: LinkNames) {
    this.#names = names
  }

  /** In archive order: a file comes before its further names. */
  resolve(entry: Entry): { entry: Entry; names: readonly string[] } {
    const first = entry.type === 'hardlink' ? (entry.link ?? '') : entry.path
    const names = this.#names.get(first)
    if (!names) return { entry, names: [entry.path] }
    if (entry.type !== 'hardlink') {
      const { size, sha256 } = entry
      this.#contents.set(first, { size, ...(sha256 !== undefined && { sha256 }) })
      return { entry, names }
    }
    const { link: _link, ...rest } = entry
    return { entry: { ...rest, ...this.#contents.get(first), type: 'file' }, names }
  }
}

/** Everything of an entry that a layer carries over, but its time. Names of one file differ when any of them does. */
export function signatureOf(entry: Entry, names: readonly string[]): string {
  const { type, mode, uid, gid, size, link = '', sha256 = '', device = '' } = entry
  // a symlink's mode says nothing, and nobody sets it
  const bits = type === 'symlink' ? 0 : mode
  return JSON.stringify([type, bits, uid, gid, size, link, sha256, device, names.length > 1 ? names : []])
}
