// Compares two sorted lists of files in one pass.
import type { Entry } from '../entry.ts'
import type { Difference, FileLine, FileSide } from './line.ts'
import { orderKey } from './path-order.ts'

/** Differences in the order of paths, those in time alone included. Both sides are sorted by orderKey; of equal paths the last counts. */
export async function* compareFiles(
  before: AsyncIterable<Entry>,
  after: AsyncIterable<Entry>,
): AsyncGenerator<FileLine> {
  const left = new Lookahead(before)
  const right = new Lookahead(after)
  try {
    let [a, b] = [await left.next(), await right.next()]
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.path, b.path)
      if (a !== undefined && order < 0) {
        yield { kind: 'file', change: 'removed', path: a.path, before: sideOf(a) }
        a = await left.next()
      } else if (b !== undefined && order > 0) {
        yield { kind: 'file', change: 'added', path: b.path, after: sideOf(b) }
        b = await right.next()
      } else if (a !== undefined && b !== undefined) {
        const what = differencesOf(a, b)
        if (what.length > 0)
          yield { kind: 'file', change: 'changed', path: a.path, what, before: sideOf(a), after: sideOf(b) }
        ;[a, b] = [await left.next(), await right.next()]
      }
    }
  } finally {
    await left.close()
    await right.close()
  }
}

function compareKeys(a: string, b: string): number {
  const [left, right] = [orderKey(a), orderKey(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

export function differencesOf(a: Entry, b: Entry): Difference[] {
  const isLink = a.type === 'symlink' && b.type === 'symlink'
  const differs: Record<Difference, boolean> = {
    type: a.type !== b.type,
    // the mode of a symlink is nobody's choice: Linux has 0777, Solaris what the umask left
    mode: a.mode !== b.mode && !isLink,
    owner: a.uid !== b.uid || a.gid !== b.gid,
    size: a.size !== b.size,
    content: a.type === b.type && a.sha256 !== b.sha256,
    link: isLink && a.link !== b.link,
    device: a.device !== b.device,
    time: a.mtime !== b.mtime,
  }
  return (Object.keys(differs) as Difference[]).filter((what) => differs[what])
}

export function sideOf({ type, mode, uid, gid, size, mtime, link, sha256, device }: Entry): FileSide {
  return {
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    ...(link !== undefined && { link }),
    ...(sha256 !== undefined && { sha256 }),
    ...(device !== undefined && { device }),
  }
}

/** Gives one entry for each path: an archive that has one twice is unpacked to the last. */
class Lookahead {
  readonly #entries: AsyncIterator<Entry>
  #ahead: Entry | undefined

  constructor(entries: AsyncIterable<Entry>) {
    this.#entries = entries[Symbol.asyncIterator]()
  }

  async next(): Promise<Entry | undefined> {
    let current = this.#ahead ?? (await this.#read())
    this.#ahead = undefined
    while (current !== undefined) {
      const following = await this.#read()
      if (following?.path !== current.path) {
        this.#ahead = following
        return current
      }
      current = following
    }
    return undefined
  }

  async close(): Promise<void> {
    await this.#entries.return?.()
  }

  async #read(): Promise<Entry | undefined> {
    const next = await this.#entries.next()
    return next.done === true ? undefined : next.value
  }
}
