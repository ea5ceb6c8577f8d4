import { open, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { sha256Of } from '../archive/sha256-of.ts'
import type { ByteRange } from '#app/ports/blobs.ts'
import type { MediaShelf } from '#app/ports/recipes.ts'
import type { Sha256 } from '#core/digest.ts'
import { mediumMissing } from '#core/recipe/errors.ts'
import { MediumName } from '#core/recipe/schema.ts'

/** Media as files of one directory. A symlink is followed: the administrator made it. */
export class FileMediaShelf implements MediaShelf {
  readonly #root: string
  /** digests by what tells that a file is the same: a large medium is not read for each build */
  readonly #digests = new Map<string, Sha256>()

  constructor(root: string) {
    this.#root = root
  }

  async find(name: string): Promise<{ sha256: Sha256; size: number } | undefined> {
    const handle = await this.#open(name)
    if (!handle) return undefined
    await using file = handle
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true })
    const same = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    const sha256 =
      this.#digests.get(same) ?? (await sha256Of(file.createReadStream({ autoClose: false, start: 0 })))
    this.#digests.set(same, sha256)
    return { sha256, size: Number(size) }
  }

  async open(name: string, range?: ByteRange): Promise<Readable> {
    const handle = await this.#open(name)
    if (!handle) throw mediumMissing(name, this.#root)
    return handle.createReadStream(range)
  }

  async #open(name: string): Promise<FileHandle | undefined> {
    if (!MediumName.safeParse(name).success) return undefined
    const file = path.join(this.#root, name)
    // looked at first: opening a pipe would wait for its writer
    const isFile = (await stat(file).catch(() => undefined))?.isFile() ?? false
    return isFile ? open(file).catch(() => undefined) : undefined
  }
}
