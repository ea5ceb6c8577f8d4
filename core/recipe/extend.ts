// `extends`: a recipe takes the keys and files of another where it has none of its own.
import type { RecipeProblem } from './problem.ts'
import type { RecipeEntry, RecipeSource, RecipeSources } from './source.ts'

/** A recipe after `extends` was followed, still unchecked. */
export interface ExtendedSource {
  /** the recipe, then what it extends, nearest first */
  chain: readonly RecipeSource[]
  value: Record<string, unknown>
  /** whose recipe.yaml a key comes from */
  ownerOf: (key: PropertyKey | undefined) => RecipeSource
  /** each file once, with the recipe whose folder holds it */
  files: readonly { owner: RecipeSource; entry: RecipeEntry }[]
}

/** Follows `extends` from `source`; what it cannot follow is in `problems`. */
export function extendSource(
  source: RecipeSource,
  sources: RecipeSources,
): { extended: ExtendedSource | undefined; problems: RecipeProblem[] } {
  const chain: RecipeSource[] = []
  for (let next: RecipeSource | undefined = source; next;) {
    const here: RecipeSource = next
    chain.push(here)
    if (here.syntax.length > 0) return { extended: undefined, problems: [...here.syntax] }
    if (!isMap(here.value))
      return { extended: undefined, problems: [at(here, [], 'a recipe is a list of keys with values')] }
    const base = here.value['extends']
    // a value of the wrong type is told by the schema
    if (typeof base !== 'string') break
    if (chain.some(({ name }) => name === base)) {
      const round = [...chain.map(({ name }) => name), base].join(' → ')
      return { extended: undefined, problems: [at(here, ['extends'], `extends goes round: ${round}`)] }
    }
    next = sources.get(base)
    if (!next) {
      const expected = `expected a recipe beside this one`
      const problem = at(here, ['extends'], `extends is ${JSON.stringify(base)}, ${expected}`)
      return { extended: undefined, problems: [problem] }
    }
  }
  return { extended: overlay(source, chain), problems: [] }
}

function overlay(source: RecipeSource, chain: readonly RecipeSource[]): ExtendedSource {
  const owners = new Map<PropertyKey, RecipeSource>()
  const value: Record<string, unknown> = {}
  const files = new Map<string, { owner: RecipeSource; entry: RecipeEntry }>()
  for (const owner of chain) {
    for (const [key, own] of Object.entries(owner.value as Record<string, unknown>)) {
      if (owners.has(key) || (key === 'extends' && owner !== source)) continue
      owners.set(key, owner)
      // a key with nothing behind it takes the base's away
      if (own !== null) value[key] = own
    }
    for (const entry of owner.entries) if (!files.has(entry.path)) files.set(entry.path, { owner, entry })
  }
  return {
    chain,
    value,
    ownerOf: (key) => (key === undefined ? undefined : owners.get(key)) ?? source,
    files: [...files.values()].toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1)),
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function at(source: RecipeSource, path: readonly PropertyKey[], message: string): RecipeProblem {
  return { severity: 'error', file: source.file, ...source.positionOf(path), message }
}
