import type { RecipeProblem } from './problem.ts'

export interface Position {
  /** 1 at first */
  line: number
  column: number
}

/** A file below a recipe's folder; `special` is what a recipe may not hold: a symlink, a device, a socket, a pipe. */
export interface RecipeEntry {
  path: string
  kind: 'file' | 'special'
  /** bytes */
  size: number
  /** permission bits */
  mode: number
}

/** A recipe.yaml as it was written, with its folder's list of files; nothing in it is checked yet. */
export interface RecipeSource {
  /** of the folder */
  name: string
  /** the recipe.yaml, as messages name it */
  file: string
  value: unknown
  /** what the YAML reader did not like; `value` means nothing then */
  syntax: readonly RecipeProblem[]
  /** Where the value at `path` begins, or as near to it as there is something. The items of a text of several lines are its lines. */
  positionOf: (path: readonly PropertyKey[]) => Position
  /** without recipe.yaml itself */
  entries: readonly RecipeEntry[]
}

/** Recipes that stand beside each other, by name: `extends` and `origin` are looked up here. */
export type RecipeSources = ReadonlyMap<string, RecipeSource>

export const RECIPE_FILE = 'recipe.yaml'
export const MAX_RECIPE_BYTES = 1024 ** 2
/** What one folder may hold: text and small files; big ones are media. */
export const MAX_FOLDER_BYTES = 16 * 1024 ** 2
export const MAX_FOLDER_FILES = 4096
