// Makes a recipe's media on this machine and keeps the last of them: docs/recipes.md.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { MadeMedium, MediaMaker } from '#app/build/steps/needs.ts'
import type { LoadedRecipe } from '#app/ports/recipes.ts'
import { ProvisionError } from '#core/errors.ts'
import { ProcessShell } from '../host-shell/process-shell.ts'

interface Settings {
  /** where made media are kept */
  cacheDirectory: string
  /** of the product; scripts of recipes find their tools below it */
  root: string
  /** for what the scripts themselves keep */
  scriptCache: string
  /** where an administrator's media are */
  mediaDirectory: string
}

type MakeOptions = Parameters<MediaMaker['make']>[2]

/** The cache holds so many files at most; the longest unused go first. */
const KEPT = 16
const OUTPUT = 'out'
const IN_FOLDER = 'cd "$1" && shift && exec env "$@"'
/** A medium in the making is beside the made ones, so that it gets its name without a copy. */
const WORK = '.work-'
/** What is older was left by a worker that died: no script may take so long. */
const MAX_WORK_MS = 2 * 24 * 3_600_000

export class MadeMedia implements MediaMaker {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  list(recipe: LoadedRecipe, medium: MadeMedium, options: MakeOptions): Promise<string> {
    // what it says beside the list is for people, the list itself is not
    return this.#inDirectory((directory) => this.#run(recipe, medium, 'list', directory, options))
  }

  async make(recipe: LoadedRecipe, medium: MadeMedium, options: MakeOptions): Promise<Readable> {
    return this.#inDirectory(async (directory) => {
      const list = await this.#run(recipe, medium, 'list', directory, options)
      const cached = path.join(this.#settings.cacheDirectory, keyOf(recipe, medium, list))
      const before = await openIfThere(cached)
      if (before) {
        options.onOutput(`${medium.name} was made before of the same`)
        return before
      }
      const output = path.join(directory, OUTPUT)
      await this.#run(recipe, medium, output, directory, options)
      await this.#keep(output, cached, medium)
      const found = await openIfThere(cached)
      if (found === undefined) throw notMade(medium, 'it was removed from the cache at once')
      return found
    })
  }

  async #inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
    const { cacheDirectory } = this.#settings
    await mkdir(cacheDirectory, { recursive: true })
    const directory = await mkdtemp(path.join(cacheDirectory, WORK))
    try {
      return await use(directory)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  async #run(
    recipe: LoadedRecipe,
    medium: MadeMedium,
    word: string,
    directory: string,
    { signal, timeoutMs, onOutput }: MakeOptions,
  ): Promise<string> {
    const folder = path.join(directory, 'recipe')
    await unpack(recipe, folder)
    const { root, scriptCache, mediaDirectory } = this.#settings
    await mkdir(scriptCache, { recursive: true })
    const shell = new ProcessShell((argv) => argv)
    const environment = [
      `ZONEFLASH_ROOT=${root}`,
      `ZONEFLASH_CACHE=${scriptCache}`,
      `ZONEFLASH_MEDIA=${mediaDirectory}`,
      // what it leaves in a temporary directory goes with ours
      `TMPDIR=${directory}`,
    ]
    let output = ''
    try {
      return await shell.run(
        ['sh', '-c', IN_FOLDER, 'make', folder, ...environment, path.join(folder, medium.make), word],
        {
          signal,
          timeoutMs,
          onOutput: (text) => {
            output = (output + text).slice(-4000)
            if (word !== 'list') onOutput(text)
          },
        },
      )
    } catch (cause) {
      if (signal.aborted || !(cause instanceof ProvisionError)) throw cause
      const details = {
        command: `${medium.make} ${word === 'list' ? word : medium.name}`,
        output: output.trim(),
      }
      throw notMade(medium, cause.message, { cause, details })
    }
  }

  /** Whole or not at all. */
  async #keep(output: string, cached: string, medium: MadeMedium): Promise<void> {
    const there = await stat(output).catch(() => undefined)
    if (!there?.isFile()) throw notMade(medium, `${medium.make} ended well and made no file`)
    await sync(output)
    await rename(output, cached)
    await this.#forgetOldest()
  }

  async #forgetOldest(): Promise<void> {
    const { cacheDirectory } = this.#settings
    const files = await Promise.all(
      (await readdir(cacheDirectory)).map(async (name) => {
        const file = path.join(cacheDirectory, name)
        return { name, file, usedAt: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 }
      }),
    )
    const [works, media] = [true, false].map((isWork) =>
      files.filter(({ name }) => name.startsWith(WORK) === isWork).toSorted((a, b) => b.usedAt - a.usedAt),
    )
    const dead = works?.filter(({ usedAt }) => usedAt < Date.now() - MAX_WORK_MS) ?? []
    for (const { file } of [...(media?.slice(KEPT) ?? []), ...dead])
      await rm(file, { recursive: true, force: true })
  }
}

async function sync(output: string): Promise<void> {
  await using file = await open(output)
  await file.sync()
}

/** Opened before anybody removes it: an open file stays readable. */
async function openIfThere(file: string): Promise<Readable | undefined> {
  const handle = await open(file).catch(() => undefined)
  if (!handle) return undefined
  const now = new Date()
  await utimes(file, now, now).catch(() => undefined)
  return handle.createReadStream()
}

/** All of the folder counts: the script may use other files of it. */
function keyOf({ files }: LoadedRecipe, medium: MadeMedium, list: string): string {
  const hash = createHash('sha256').update(`${medium.make}\0${list}\0`)
  for (const file of files) hash.update(`${file.path}\0${file.contents.byteLength}\0`).update(file.contents)
  return `${hash.digest('hex')}-${medium.name}`
}

async function unpack({ files }: LoadedRecipe, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { path: name, mode, contents } of files) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, contents, { mode: mode | 0o700 })
  }
}

function notMade(
  { name, make }: MadeMedium,
  why: string,
  options?: ErrorOptions & { details?: Record<string, unknown> },
): ProvisionError {
  return new ProvisionError(
    'conflict',
    'MediumNotMade',
    `medium ${name} was not made by ${make}: ${why}`,
    options,
  )
}
