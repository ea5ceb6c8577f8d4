// What `recipe check` says of a recipe, and what a build refuses it for.
import type { z } from 'zod'
import { extendSource, type ExtendedSource } from './extend.ts'
import type { RecipeProblem } from './problem.ts'
import { RecipeFields, type Recipe } from './schema.ts'
import type { RecipeSource, RecipeSources } from './source.ts'

export interface CheckedRecipe {
  /** undefined when its keys are not right one by one */
  recipe: Recipe | undefined
  extended: ExtendedSource | undefined
  problems: RecipeProblem[]
}

/** Follows `extends`, checks every key, then the rules across keys. */
export function checkRecipe(source: RecipeSource, sources: RecipeSources): CheckedRecipe {
  const { extended, problems } = extendSource(source, sources)
  if (!extended) return { recipe: undefined, extended, problems }
  const parsed = RecipeFields.safeParse(extended.value)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => keyProblem(issue, extended))
    return { recipe: undefined, extended, problems: [...problems, ...wrong] }
  }
  return { recipe: { ...parsed.data, name: source.name }, extended, problems }
}

function keyProblem(issue: z.core.$ZodIssue, { value, ownerOf }: ExtendedSource): RecipeProblem {
  const owner = ownerOf(issue.path[0])
  const found = issue.path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )
  const name = issue.path.join('.') || 'the recipe'
  const is = found === undefined ? 'is missing' : `is ${JSON.stringify(found).slice(0, 80)}`
  return {
    severity: 'error',
    file: owner.file,
    ...owner.positionOf(issue.path),
    message: `${name} ${is}, ${issue.message}`,
  }
}

export const hasErrors = (problems: readonly RecipeProblem[]): boolean =>
  problems.some(({ severity }) => severity === 'error')
