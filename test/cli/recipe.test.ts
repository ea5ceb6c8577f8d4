// `zoneflash recipe check` needs no server: it reads the folders that are there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FileRecipeShelf } from '#adapters/recipes/file-recipe-shelf.ts'
import { readRecipeFolders } from '#cli/recipe-folders.ts'
import { checkRecipe } from '#core/recipe/check.ts'

const root = path.resolve(import.meta.dirname, '../..')
let templates: string

beforeAll(() => {
  templates = mkdtempSync(path.join(tmpdir(), 'zoneflash-templates-'))
  put(
    'good/recipe.yaml',
    'summary: good\nbrand: lx\nosFamily: linux\nsource: { install: [] }\nsmoke: smoke.sh\n',
  )
  put('good/smoke.sh', '', 0o755)
  put('bad/recipe.yaml', 'summary: bad\nbrand: lxx\nosFamily: linux\nsource: { install: [] }\nsmoke: no.sh\n')
  put('heir/recipe.yaml', 'extends: bad\nsummary: heir\n')
  put('torn/recipe.yaml', 'summary: [\n')
  put('README.md', 'not a recipe')
})
afterAll(() => rmSync(templates, { recursive: true, force: true }))

function put(file: string, text: string, mode = 0o644): void {
  mkdirSync(path.dirname(path.join(templates, file)), { recursive: true })
  writeFileSync(path.join(templates, file), text, { mode })
}

const cli = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [path.join(root, 'cli/main.ts'), 'recipe', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })

test('all of a folder are checked; each problem has a line of its own, once, and the exit code says so', () => {
  const { status, stdout, stderr } = cli(['check'], { ZONEFLASH_TEMPLATES: templates })
  expect(status).toBe(1)
  const lines = stdout.trimEnd().split('\n')
  expect(
    lines.filter((line) => line.includes('/bad/recipe.yaml:2:8: brand is "lxx", expected one of')),
  ).toHaveLength(1)
  expect(lines).toContain(`${templates}/bad/recipe.yaml:5:8: smoke is "no.sh", expected a file in the folder`)
  expect(stdout).toContain(`${templates}/torn/recipe.yaml:2:1: this is not YAML: `)
  expect(lines.at(-1)).toBe('good: ok')
  expect(stderr).toBe(
    'zoneflash: bad, heir, torn: not valid (RecipeInvalid)\n  docs/recipes.md explains every key\n',
  )
})

test('names and folders are chosen; with --json the problems are data', () => {
  expect(cli(['check', path.join(templates, 'good')])).toMatchObject({ status: 0, stdout: 'good: ok\n' })
  const { status, stdout } = cli(['check', 'bad', '--json'], { ZONEFLASH_TEMPLATES: templates })
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    recipes: [{ name: 'bad', problems: [{ severity: 'error', line: 2, column: 8 }, { line: 5 }] }],
  })
})

test('a recipe that is not there is told', () => {
  expect(cli(['check', 'nobody'], { ZONEFLASH_TEMPLATES: templates })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      `there is no recipe "nobody", expected a folder with a recipe.yaml, or a recipe in`,
    ),
  })
})

test('the shipped recipes are right, from whatever directory', () => {
  const { status, stdout } = cli(['check'])
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: 'default, default-s10, mysql, mysql-s10, web, web-s10, webmin, webmin-s10: ok\n',
  })
})

test('the client sees what the server’s shelf sees', async () => {
  const sources = readRecipeFolders(templates)
  const seen = [...sources.values()].map((source) => {
    const { recipe, problems } = checkRecipe(source, sources)
    return { name: source.name, recipe, problems }
  })
  expect(seen).toEqual(await new FileRecipeShelf(templates).survey())
})
