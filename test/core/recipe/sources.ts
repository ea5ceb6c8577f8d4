// Recipes as text, for tests of the rules.
import { parseRecipeYaml } from '#adapters/recipes/parse-recipe-yaml.ts'
import { checkRecipe } from '#core/recipe/check.ts'
import { renderProblem } from '#core/recipe/problem.ts'
import type { RecipeEntry, RecipeSource } from '#core/recipe/source.ts'

/** `file` or `file!` for one that is executable. */
export function source(name: string, text: string, files: readonly string[] = []): RecipeSource {
  const file = `${name}/recipe.yaml`
  const entries = files.map((entry): RecipeEntry => {
    const isProgram = entry.endsWith('!')
    return {
      path: isProgram ? entry.slice(0, -1) : entry,
      kind: 'file',
      size: 1,
      mode: isProgram ? 0o755 : 0o644,
    }
  })
  return { name, file, ...parseRecipeYaml(text, file), entries }
}

/** What is said of the first, line by line. */
export function problemsOf(...sources: readonly RecipeSource[]): string[] {
  const [first] = sources
  if (!first) return []
  const all = new Map(sources.map((each) => [each.name, each]))
  return checkRecipe(first, all).problems.map(renderProblem)
}

/** A recipe that is right. */
export const sound = `summary: a zone
brand: lx
osFamily: linux
source:
  medium: image.tar
  install: ['-t', '{medium}']
media:
  - name: image.tar
    what: an image
smoke: smoke.sh
`
