// `zoneflash recipe …`: how templates are built.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { z } from 'zod'
import { checkRecipe } from '#core/recipe/check.ts'
import { renderProblem, type RecipeProblem } from '#core/recipe/problem.ts'
import { RECIPE_FILE, type RecipeSource, type RecipeSources } from '#core/recipe/source.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { refused } from '../failures.ts'
import { print, renderTable } from '../output.ts'
import { readRecipeFolders } from '../recipe-folders.ts'
import { RecipeReply } from '../replies.ts'

interface Options {
  json?: boolean
}

const shippedTemplates = fileURLToPath(new URL('../../templates', import.meta.url))

export function registerRecipe(program: Command): void {
  const noun = addNoun(program, 'recipe', 'how templates are built: the folders in templates/')

  addCommand(noun, 'list', 'list the recipes that the server has', 'zoneflash recipe list').action(
    async ({ json }: Options) => {
      const recipes = await openClient().call(z.array(RecipeReply), '/api/v1/recipes')
      await show(json, recipes, (list) => print(renderRecipes(list)))
    },
  )

  addCommand(
    noun,
    'check',
    'check recipes: names, by default all in ZONEFLASH_TEMPLATES, or folders; needs no server',
    'zoneflash recipe check',
    'zoneflash recipe check mysql ./templates/web',
  )
    .argument('[recipe...]')
    .action((wanted: string[], { json }: Options) => check(wanted, json))
}

function renderRecipes(list: readonly RecipeReply[]): string {
  const state = ({ problems }: RecipeReply): string => {
    const wrong = problems.filter(({ severity }) => severity === 'error').length
    return wrong === 0 ? 'ok' : `${wrong} wrong`
  }
  const rows = list.map((recipe) => [
    recipe.name,
    recipe.brand ?? '-',
    recipe.origin ?? '-',
    recipe.children.join(' ') || '-',
    state(recipe),
    recipe.summary ?? '',
  ])
  return renderTable(['NAME', 'BRAND', 'ORIGIN', 'CHILDREN', 'CHECK', 'SUMMARY'], rows)
}

interface Checked {
  name: string
  problems: RecipeProblem[]
}

async function check(wanted: readonly string[], json: boolean | undefined): Promise<void> {
  const checked = choose(wanted).map(({ source, sources }): Checked => ({
    name: source.name,
    problems: checkRecipe(source, sources).problems,
  }))
  // what a recipe takes from another is said once
  const lines = new Set(checked.flatMap(({ problems }) => problems.map(renderProblem)))
  await show(json, { recipes: checked }, async () => {
    await print([...lines].map((line) => `${line}\n`).join(''))
    const fine = checked.filter(({ problems }) => !problems.some(isError)).map(({ name }) => name)
    if (fine.length > 0) await print(`${fine.join(', ')}: ok\n`)
  })
  const wrong = checked.filter(({ problems }) => problems.some(isError))
  if (wrong.length > 0)
    throw refused('RecipeInvalid', `${wrong.map(({ name }) => name).join(', ')}: not valid`, {
      advice: 'docs/recipes.md explains every key',
    })
}

const isError = ({ severity }: RecipeProblem): boolean => severity === 'error'

/** A word with a recipe.yaml below it is a folder; any other is the name of a recipe of the shelf. */
function choose(wanted: readonly string[]): { source: RecipeSource; sources: RecipeSources }[] {
  const shelf = process.env['ZONEFLASH_TEMPLATES'] || shippedTemplates
  const shelves = new Map<string, RecipeSources>()
  const open = (directory: string): RecipeSources => {
    const sources = shelves.get(directory) ?? readRecipeFolders(directory)
    shelves.set(directory, sources)
    return sources
  }
  if (wanted.length === 0) {
    const sources = open(shelf)
    if (sources.size === 0) throw noSuchRecipe(shelf, 'expected folders with a recipe.yaml in it')
    return [...sources.values()].map((source) => ({ source, sources }))
  }
  return wanted.map((word) => {
    const isFolder = existsSync(path.join(word, RECIPE_FILE))
    const sources = open(isFolder ? path.dirname(path.resolve(word)) : shelf)
    const source = sources.get(path.basename(path.resolve(word)))
    if (!source) throw noSuchRecipe(word, `expected a folder with a recipe.yaml, or a recipe in ${shelf}`)
    return { source, sources }
  })
}

const noSuchRecipe = (word: string, expected: string) =>
  refused('RecipeNotFound', `there is no recipe ${JSON.stringify(word)}, ${expected}`)
