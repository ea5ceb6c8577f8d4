import type { Complaint } from '../../problem.ts'
import type { ExtendedSource } from '../extend.ts'
import type { Recipe } from '../schema.ts'
import type { RecipeSources } from '../source.ts'

/** What a rule is given: a recipe whose keys are right one by one. */
export interface RuleContext {
  recipe: Recipe
  extended: ExtendedSource
  /** the recipes beside it */
  sources: RecipeSources
  /** another recipe with its own `extends` followed, as far as its keys are right */
  resolve: (name: string) => Recipe | undefined
}

export interface Finding extends Complaint {
  /** the key it is about */
  path: readonly PropertyKey[]
}

export type RecipeRule = (context: RuleContext) => Finding[]

export const wrong = (path: readonly PropertyKey[], message: string): Finding => ({
  severity: 'error',
  path,
  message,
})

export const unwise = (path: readonly PropertyKey[], message: string): Finding => ({
  severity: 'warning',
  path,
  message,
})
