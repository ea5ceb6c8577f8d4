import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileRecipeShelf } from '#adapters/recipes/file-recipe-shelf.ts'

let root: string
let shelf: FileRecipeShelf

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'zoneflash-recipes-'))
  shelf = new FileRecipeShelf(root)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const put = async (file: string, text: string, mode = 0o644) => {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true })
  await writeFile(path.join(root, file), text)
  await chmod(path.join(root, file), mode)
}
const base =
  'summary: base\nbrand: lx\nosFamily: linux\norigin: other@stable\nsmoke: smoke.sh\ncustomize: customize.sh\n'
const putBase = async () => {
  await put('base/recipe.yaml', base)
  await put('base/smoke.sh', 'base smoke', 0o755)
  await put('base/customize.sh', 'base customize', 0o755)
}

test('a folder without recipe.yaml is no recipe, and a shelf that is not there is empty', async () => {
  await putBase()
  await put('notes/README.md', 'x')
  await put('README.md', 'x')
  expect(await shelf.list()).toEqual(['base'])
  expect(await new FileRecipeShelf(path.join(root, 'nowhere')).list()).toEqual([])
})

test('a recipe is loaded with its files, and comes back from its bundle as it was', async () => {
  await putBase()
  await put('base/files/etc/.motd', 'hello', 0o600)
  const loaded = await shelf.load('base')
  expect(loaded.recipe).toMatchObject({
    name: 'base',
    summary: 'base',
    formats: ['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'],
  })
  expect(
    loaded.files.map(({ path: file, mode, contents }) => [file, mode, String(Buffer.from(contents))]),
  ).toEqual([
    ['customize.sh', 0o755, 'base customize'],
    ['files/etc/.motd', 0o600, 'hello'],
    ['smoke.sh', 0o755, 'base smoke'],
  ])
  expect(shelf.open(loaded.bundle)).toEqual(loaded)
})

test('extends takes keys and files of the base where there are none of its own, over several', async () => {
  await putBase()
  await put('middle/recipe.yaml', 'extends: base\nsummary: middle\n')
  await put('middle/customize.sh', 'middle customize', 0o755)
  await put('leaf/recipe.yaml', 'extends: middle\norigin: else@candidate\n')
  const { recipe, files } = await shelf.load('leaf')
  expect(recipe).toMatchObject({ name: 'leaf', summary: 'middle', origin: 'else@candidate', brand: 'lx' })
  expect(files.map(({ path: file, contents }) => [file, String(Buffer.from(contents))])).toEqual([
    ['customize.sh', 'middle customize'],
    ['smoke.sh', 'base smoke'],
  ])
})

test('the digest follows what decides: a byte, a mode, the base; not a comment or when a file was written', async () => {
  await putBase()
  await put('web/recipe.yaml', 'extends: base\n')
  const { digest } = await shelf.load('web')
  await put('web/recipe.yaml', '# a comment\nextends: base\n')
  execFileSync('touch', ['-d', '2001-01-01', path.join(root, 'base/smoke.sh')])
  expect((await shelf.load('web')).digest).toBe(digest)
  await put('base/smoke.sh', 'base smokE', 0o755)
  const changed = (await shelf.load('web')).digest
  expect(changed).not.toBe(digest)
  await put('base/smoke.sh', 'base smoke', 0o700)
  expect([digest, changed]).not.toContain((await shelf.load('web')).digest)
})

test('a recipe that is not there is told with the place where it was looked for', async () => {
  await expect(shelf.load('nobody')).rejects.toMatchObject({
    code: 'RecipeNotFound',
    kind: 'missing',
    message: `there is no recipe "nobody", expected a folder of that name with a recipe.yaml in ${root}`,
  })
})

test('one that is not valid is refused with file, line and what was expected', async () => {
  await put('web/recipe.yaml', base.replace('lx', 'lxx'))
  await expect(shelf.load('web')).rejects.toMatchObject({
    code: 'RecipeInvalid',
    kind: 'invalid',
    message: expect.stringContaining(
      `${root}/web/recipe.yaml:2:8: brand is "lxx", expected one of native,`,
    ) as string,
  })
})

test('a symlink in a folder is refused, wherever it leads', async () => {
  await putBase()
  await symlink('/etc/shadow', path.join(root, 'base/secret'))
  await expect(shelf.load('base')).rejects.toThrow('"secret" is a symlink or special file')
})

test('a pipe in a folder is refused and not waited for', async () => {
  await putBase()
  execFileSync('mkfifo', [path.join(root, 'base/pipe')])
  await expect(shelf.load('base')).rejects.toThrow('"pipe" is a symlink or special file')
})

test('a recipe.yaml that is a symlink, or too long, is none', async () => {
  await mkdir(path.join(root, 'a'))
  await symlink('/etc/passwd', path.join(root, 'a/recipe.yaml'))
  await put('b/recipe.yaml', `# ${'x'.repeat(1024 ** 2)}\n${base}`)
  expect(await shelf.list()).toEqual(['b'])
  await expect(shelf.load('b')).rejects.toThrow('expected at most 1048576')
})

test('a survey tells of every recipe, also of one that is broken', async () => {
  await putBase()
  await put('broken/recipe.yaml', 'a: [1')
  const survey = await shelf.survey()
  expect(survey.map(({ name, recipe }) => [name, recipe?.summary])).toEqual([
    ['base', 'base'],
    ['broken', undefined],
  ])
  expect(survey[1]?.problems).toMatchObject([{ severity: 'error', line: 1 }])
})
