// A recipe's folder as it lies on the disk: its recipe.yaml with positions, and the list of its files.
import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  MAX_FOLDER_FILES,
  MAX_RECIPE_BYTES,
  RECIPE_FILE,
  type RecipeEntry,
  type RecipeSource,
} from '#core/recipe/source.ts'
import { parseRecipeYaml } from './parse-recipe-yaml.ts'

/** Undefined when the folder has no recipe.yaml. */
export async function readRecipeSource(folder: string, name: string): Promise<RecipeSource | undefined> {
  const file = path.join(folder, RECIPE_FILE)
  const found = await lstat(file).catch(() => undefined)
  if (!found?.isFile()) return undefined
  const parsed =
    found.size > MAX_RECIPE_BYTES
      ? tooLong(file, found.size)
      : parseRecipeYaml(await readFile(file, 'utf8'), file)
  return { name, file, ...parsed, entries: await listEntries(folder) }
}

function tooLong(file: string, size: number): ReturnType<typeof parseRecipeYaml> {
  const begin = { line: 1, column: 1 }
  const message = `the file has ${size} bytes, expected at most ${MAX_RECIPE_BYTES}`
  return {
    value: undefined,
    syntax: [{ severity: 'error', file, ...begin, message }],
    positionOf: () => begin,
  }
}

/** Every file below the folder but recipe.yaml, sorted; one more than is allowed ends the search. */
async function listEntries(folder: string): Promise<RecipeEntry[]> {
  const entries: RecipeEntry[] = []
  const pending = ['']
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const found of await readdir(path.join(folder, directory), { withFileTypes: true })) {
      const relative = path.posix.join(directory, found.name)
      if (relative === RECIPE_FILE) continue
      if (found.isDirectory()) pending.push(relative)
      else entries.push(await entryOf(folder, relative))
      if (entries.length > MAX_FOLDER_FILES) return entries
    }
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function entryOf(folder: string, relative: string): Promise<RecipeEntry> {
  // a name that is not UTF-8 is not found again
  const found = await lstat(path.join(folder, relative)).catch(() => undefined)
  const kind = found?.isFile() ? 'file' : 'special'
  return { path: relative, kind, size: found?.size ?? 0, mode: (found?.mode ?? 0) & 0o7777 }
}
