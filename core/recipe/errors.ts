import { ProvisionError } from '../errors.ts'
import { renderProblem, type RecipeProblem } from './problem.ts'

export const recipeNotFound = (name: string, folder: string) =>
  new ProvisionError(
    'missing',
    'RecipeNotFound',
    `there is no recipe ${JSON.stringify(name)}, expected a folder of that name with a recipe.yaml in ${folder}`,
  )

export const recipeInvalid = (name: string, problems: readonly RecipeProblem[]) =>
  new ProvisionError(
    'invalid',
    'RecipeInvalid',
    `recipe ${JSON.stringify(name)} is not valid: ${problems.map(renderProblem).join('; ')}`,
    { details: { problems } },
  )

export const bundleInvalid = (why: string) =>
  new ProvisionError('invalid', 'BundleInvalid', `the bytes are not a recipe's bundle: ${why}`)

export const mediumMissing = (name: string, folder: string) =>
  new ProvisionError(
    'missing',
    'MediumMissing',
    `there is no file ${JSON.stringify(name)} in ${folder}, expected the administrator to put it there`,
  )
