// Recipes: how templates are built. They are files; the API shows them.
import { z } from 'zod'
import { listRecipes } from '#app/list-recipes.ts'
import { RecipeSummary } from '#core/recipe/summary.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

export const recipeRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/recipes',
    role: 'viewer',
    summary:
      'All recipes: what they build, from which origin, for which children, and what is wrong with them',
    reply: z.array(RecipeSummary.meta({ id: 'Recipe' })),
    handle: () => listRecipes(services),
  }),
]
