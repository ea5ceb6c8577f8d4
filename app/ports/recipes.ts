// Recipes and media as files. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Readable } from 'node:stream'
import type { Sha256 } from '#core/digest.ts'
import type { ByteRange } from './blobs.ts'
import type { RecipeProblem } from '#core/recipe/problem.ts'
import type { Recipe } from '#core/recipe/schema.ts'

/** A file of a recipe's folder, with what the recipe extends laid under it. */
export interface RecipeFile {
  /** relative to the folder */
  path: string
  /** permission bits */
  mode: number
  contents: Uint8Array
}

/** A recipe with all its files, as it was when it was read; a build keeps it as a blob, so that later edits are for later builds. */
export interface LoadedRecipe {
  recipe: Recipe
  files: readonly RecipeFile[]
  /** one spelling of all of it; its sha256 is the recipe's digest and names the blob */
  bundle: Uint8Array
  digest: Sha256
}

export interface SurveyedRecipe {
  name: string
  /** undefined when its keys are not right one by one */
  recipe: Recipe | undefined
  problems: readonly RecipeProblem[]
}

/** The recipes in templates/, or wherever ZONEFLASH_TEMPLATES says. */
export interface RecipeShelf {
  /** names of folders with a recipe.yaml, sorted */
  list(): Promise<string[]>
  /** @throws RecipeNotFound, RecipeInvalid which names file, line and what was expected */
  load(name: string): Promise<LoadedRecipe>
  /** All of them, with what is wrong with each; one that cannot be read hides none. */
  survey(): Promise<SurveyedRecipe[]>
  /** Reads a bundle back. @throws BundleInvalid */
  open(bundle: Uint8Array): LoadedRecipe
}

/** Files that an administrator gives: media/, or wherever ZONEFLASH_MEDIA says. */
export interface MediaShelf {
  /** undefined: not there */
  find(name: string): Promise<{ sha256: Sha256; size: number } | undefined>
  /** All of it, or these bytes. @throws MediumMissing */
  open(name: string, range?: ByteRange): Promise<Readable>
}
