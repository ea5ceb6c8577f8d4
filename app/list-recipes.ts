import type { RecipeSummary } from '#core/recipe/summary.ts'
import type { RecipeShelf } from './ports/recipes.ts'

/** Every recipe with what is cloned from it and what is wrong with it. */
export async function listRecipes({ recipes }: { recipes: RecipeShelf }): Promise<RecipeSummary[]> {
  const all = await recipes.survey()
  return all.map(({ name, recipe, problems }) => ({
    name,
    summary: recipe?.summary,
    brand: recipe?.brand,
    origin: recipe?.origin,
    extends: recipe?.extends,
    buildHost: recipe?.buildHost,
    children: all.flatMap((other) =>
      other.recipe?.origin?.split('@')[0] === name && other.name !== name ? [other.name] : [],
    ),
    problems: [...problems],
  }))
}
