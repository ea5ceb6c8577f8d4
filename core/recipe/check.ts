// What `recipe check` says of a recipe, and what a build refuses it for.
import { TemplateName } from '../names.ts'
import { extendSource, type ExtendedSource } from './extend.ts'
import { keyFindings } from './key-problems.ts'
import type { RecipeProblem } from './problem.ts'
import { brandRule } from './rules/brand.ts'
import { filesRule, folderRule } from './rules/files.ts'
import { hygieneRule } from './rules/hygiene.ts'
import { mediaRule } from './rules/media.ts'
import { originRule, promoteRule } from './rules/origin.ts'
import { wrong, type Finding, type RecipeRule } from './rules/rule.ts'
import { zonecfgRule } from './rules/zonecfg.ts'
import { RecipeFields, type Recipe } from './schema.ts'
import type { RecipeSource, RecipeSources } from './source.ts'

export interface CheckedRecipe {
  /** undefined when its keys are not right one by one */
  recipe: Recipe | undefined
  /** undefined when `extends` leads nowhere */
  extended: ExtendedSource | undefined
  /** in the order of the file */
  problems: RecipeProblem[]
}

const rules: readonly RecipeRule[] = [
  originRule,
  brandRule,
  mediaRule,
  filesRule,
  folderRule,
  zonecfgRule,
  hygieneRule,
  promoteRule,
]

/** Follows `extends`, checks every key, then the rules across keys and across recipes. */
export function checkRecipe(source: RecipeSource, sources: RecipeSources): CheckedRecipe {
  const { extended, problems } = extendSource(source, sources)
  if (!extended) return { recipe: undefined, extended, problems }
  const parsed = RecipeFields.safeParse(extended.value)
  const findings = nameFindings(source)
  const recipe = parsed.success ? { ...parsed.data, name: source.name } : undefined
  if (recipe) {
    const resolve = (name: string) => resolveRecipe(name, sources)
    for (const rule of rules) findings.push(...rule({ recipe, extended, sources, resolve }))
  } else if (parsed.error) findings.push(...keyFindings(parsed.error, extended))
  return {
    recipe,
    extended,
    problems: inOrder([...problems, ...findings.map((found) => place(found, extended))]),
  }
}

/** A recipe with `extends` followed, as far as its keys are right one by one; undefined when they are not, or there is none. */
export function resolveRecipe(name: string, sources: RecipeSources): Recipe | undefined {
  const source = sources.get(name)
  const extended = source && extendSource(source, sources).extended
  const parsed = RecipeFields.safeParse(extended?.value)
  return parsed.success ? { ...parsed.data, name } : undefined
}

function nameFindings({ name }: RecipeSource): Finding[] {
  const parsed = TemplateName.safeParse(name)
  const expected = parsed.error?.issues[0]?.message ?? ''
  return parsed.success ? [] : [wrong([], `the folder is called ${JSON.stringify(name)}, ${expected}`)]
}

/** A finding stands where its key does, which may be in the recipe that this one extends. */
function place({ severity, path, message }: Finding, { ownerOf }: ExtendedSource): RecipeProblem {
  const owner = ownerOf(path[0])
  return { severity, file: owner.file, ...owner.positionOf(path), message }
}

function inOrder(problems: readonly RecipeProblem[]): RecipeProblem[] {
  return problems.toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  )
}
