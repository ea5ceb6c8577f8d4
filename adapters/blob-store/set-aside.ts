// Blobs on their way out: `removed/<sha256>.<writer>`. A blob is first renamed there and judged afterwards, so that a copy that
// is stored meanwhile lies under the blob's own name and is not touched. Readers still find what is aside; what a dead process
// left there is put back. docs/decisions/0009-garbage-collection.md says why this is right.
import { link, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { shardPath, type Sha256 } from '#core/digest.ts'
import { ensureDurableDirectory, isMissing, syncDirectory } from './disk.ts'
import { isAbandoned, writerName } from './writer-name.ts'

export class SetAside {
  readonly #root: string
  readonly #directory: string

  constructor(root: string) {
    this.#root = root
    this.#directory = path.join(root, 'removed')
  }

  /** Takes the blob's name away; undefined when there is no such blob. */
  async take(sha256: Sha256): Promise<string | undefined> {
    await ensureDurableDirectory(this.#directory)
    const aside = path.join(this.#directory, `${sha256}.${writerName()}`)
    try {
      await rename(this.#final(sha256), aside)
      return aside
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** Gives the name back, unless the same bytes have it again; the aside goes. */
  async restore(sha256: Sha256, aside: string): Promise<void> {
    await this.#link(sha256, aside)
    await rm(aside, { force: true })
  }

  /** Makes an end of it. */
  async drop(sha256: Sha256, aside: string): Promise<void> {
    await rm(aside, { force: true })
    await syncDirectory(this.#directory)
    await syncDirectory(path.dirname(this.#final(sha256)))
  }

  /**
   * Gives the blob its name again while somebody else judges it, who then drops only his own name for it. True when the blob
   * has its name afterwards.
   */
  async keep(sha256: Sha256): Promise<boolean> {
    for (;;) {
      if (await this.#isNamed(sha256)) return true
      const asides = await this.find(sha256)
      // None: it was put back since, or is gone.
      if (asides.length === 0) return this.#isNamed(sha256)
      for (const aside of asides) await this.#link(sha256, aside)
    }
  }

  /** Where the blob lies aside. */
  async find(sha256: Sha256): Promise<string[]> {
    const all = (await readdir(this.#directory).catch(ignoreMissing)) ?? []
    return all.filter((name) => name.startsWith(`${sha256}.`)).map((name) => path.join(this.#directory, name))
  }

  /** Puts back what dead processes left. Returns how many. */
  async restoreAbandoned(nowMs: number): Promise<number> {
    let restored = 0
    for (const name of (await readdir(this.#directory).catch(ignoreMissing)) ?? []) {
      const aside = path.join(this.#directory, name)
      const dot = name.indexOf('.')
      const status = await stat(aside).catch(ignoreMissing)
      // The time of the rename: its bytes are old anyway.
      if (status === undefined || !isAbandoned(name.slice(dot + 1), status.ctimeMs, nowMs)) continue
      await this.restore(name.slice(0, dot), aside)
      restored += 1
    }
    return restored
  }

  async #link(sha256: Sha256, aside: string): Promise<void> {
    const final = this.#final(sha256)
    try {
      await link(aside, final)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // EEXIST: it was stored again. ENOENT: whoever set it aside has decided meanwhile.
      if (code !== 'EEXIST' && code !== 'ENOENT') throw error
    }
    await syncDirectory(path.dirname(final)).catch(ignoreMissing)
  }

  async #isNamed(sha256: Sha256): Promise<boolean> {
    return (await stat(this.#final(sha256)).catch(ignoreMissing)) !== undefined
  }

  #final(sha256: Sha256): string {
    return path.join(this.#root, 'sha256', shardPath(sha256))
  }
}

function ignoreMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}
