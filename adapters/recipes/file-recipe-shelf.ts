import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { LoadedRecipe, RecipeFile, RecipeShelf, SurveyedRecipe } from '#app/ports/recipes.ts'
import { TemplateName } from '#core/names.ts'
import { readBundle, writeBundle } from '#core/recipe/bundle.ts'
import { hasErrors } from '#core/problem.ts'
import { checkRecipe } from '#core/recipe/check.ts'
import { recipeInvalid, recipeNotFound } from '#core/recipe/errors.ts'
import type { ExtendedSource } from '#core/recipe/extend.ts'
import { MAX_FOLDER_BYTES, type RecipeSource } from '#core/recipe/source.ts'
import { readRecipeSource } from './read-recipe-source.ts'

/** Recipes as folders below `root`, each with a recipe.yaml; read anew each time, so that an edit takes effect at once. */
export class FileRecipeShelf implements RecipeShelf {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async list(): Promise<string[]> {
    return (await this.survey()).map(({ name }) => name)
  }

  async load(name: string): Promise<LoadedRecipe> {
    const sources = await this.#sources()
    const source = sources.get(name)
    if (!source) throw recipeNotFound(name, this.#root)
    const { recipe, extended, problems } = checkRecipe(source, sources)
    if (!recipe || !extended || hasErrors(problems))
      throw recipeInvalid(
        name,
        problems.filter(({ severity }) => severity === 'error'),
      )
    const files = await readFiles(this.#root, extended)
    return { recipe, files, ...bundled(writeBundle(recipe, files)) }
  }

  async survey(): Promise<SurveyedRecipe[]> {
    const sources = await this.#sources()
    return [...sources.values()]
      .filter(({ name }) => TemplateName.safeParse(name).success)
      .map((source) => {
        const { recipe, problems } = checkRecipe(source, sources)
        return { name: source.name, recipe, problems }
      })
  }

  open(bundle: Uint8Array): LoadedRecipe {
    return { ...readBundle(bundle), ...bundled(bundle) }
  }

  /** Every recipe.yaml with the list of its folder, by name. A folder that is not there is an empty shelf. */
  async #sources(): Promise<Map<string, RecipeSource>> {
    const folders = await readdir(this.#root, { withFileTypes: true }).catch(() => [])
    const names = folders.flatMap((folder) => (folder.isDirectory() ? [folder.name] : []))
    const sources = new Map<string, RecipeSource>()
    for (const name of names.toSorted()) {
      const source = await readRecipeSource(path.join(this.#root, name), name)
      if (source) sources.set(name, source)
    }
    return sources
  }
}

function bundled(bundle: Uint8Array): Pick<LoadedRecipe, 'bundle' | 'digest'> {
  return { bundle, digest: createHash('sha256').update(bundle).digest('hex') }
}

async function readFiles(root: string, { files }: ExtendedSource): Promise<RecipeFile[]> {
  const read: RecipeFile[] = []
  for (const { owner, entry } of files)
    read.push({ path: entry.path, ...(await readFile(path.join(root, owner.name, entry.path))) })
  return read
}

/** No link is followed, and what has grown since it was listed is cut: the check has seen neither. */
async function readFile(file: string): Promise<Pick<RecipeFile, 'mode' | 'contents'>> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const { mode, size } = await handle.stat()
  const bytes = new Uint8Array(Math.min(size, MAX_FOLDER_BYTES))
  let at = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at)
    at += bytesRead
    if (bytesRead === 0) break
  }
  return { mode: mode & 0o7777, contents: bytes.subarray(0, at) }
}
