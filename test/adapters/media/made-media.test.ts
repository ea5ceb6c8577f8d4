import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MadeMedia } from '#adapters/media/made-media.ts'
import type { LoadedRecipe } from '#app/ports/recipes.ts'
import { RecipeFields } from '#core/recipe/schema.ts'

let work: string
let maker: MadeMedia
const medium = { name: 'out.tar', what: 'a text', make: 'scripts/make.sh' }

beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-made-'))
  maker = new MadeMedia({
    cacheDirectory: path.join(work, 'made'),
    root: '/the/product',
    scriptCache: path.join(work, 'cache'),
    mediaDirectory: path.join(work, 'media'),
  })
})
afterEach(() => rm(work, { recursive: true }))

/** The script counts its runs in ZONEFLASH_CACHE. */
function recipeOf(script: string, note = 'a note'): LoadedRecipe {
  const encoder = new TextEncoder()
  const recipe = {
    ...RecipeFields.parse({ summary: 'x', brand: 'lx', osFamily: 'linux', media: [medium] }),
    name: 'web',
  }
  const files = [
    { path: 'scripts/make.sh', mode: 0o644, contents: encoder.encode(`#!/bin/sh\n${script}\n`) },
    { path: 'note', mode: 0o644, contents: encoder.encode(note) },
  ]
  return { recipe, files, bundle: new Uint8Array(), digest: '' }
}

const options = (changes = {}) => ({
  signal: new AbortController().signal,
  timeoutMs: 20_000,
  onOutput: () => undefined,
  ...changes,
})

async function textOf(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString()
}

const good = `case $1 in
list) cat "$ZONEFLASH_CACHE/wanted" 2>/dev/null || echo nothing ;;
*) echo made >>"$ZONEFLASH_CACHE/runs"; echo "making"; { cat note; echo " $ZONEFLASH_ROOT"; } >"$1" ;;
esac`
const runs = async () => (await readFile(path.join(work, 'cache/runs'), 'utf8')).split('\n').length - 1

test('a medium is made by the recipe’s script, and anew only when script or list changed', async () => {
  const said: string[] = []
  const make = (recipe: LoadedRecipe) =>
    maker.make(recipe, medium, options({ onOutput: (text: string) => said.push(text) }))
  expect(await maker.list(recipeOf(good), medium, options())).toBe('nothing\n')
  expect(await textOf(await make(recipeOf(good)))).toBe('a note /the/product\n')
  expect(said.join('')).toBe('making\n')
  expect(await textOf(await make(recipeOf(good)))).toBe('a note /the/product\n')
  expect(await runs()).toBe(1)
  await writeFile(path.join(work, 'cache/wanted'), 'more')
  await (await make(recipeOf(good))).toArray()
  expect(await textOf(await make(recipeOf(good, 'another')))).toBe('another /the/product\n')
  expect(await runs()).toBe(3)
})

test('the cache keeps the media that were used last', async () => {
  for (let count = 0; count < 20; count += 1)
    await (await maker.make(recipeOf(good, `${count}`), medium, options())).toArray()
  expect((await readdir(path.join(work, 'made'))).length).toBe(16)
  await (await maker.make(recipeOf(good, '19'), medium, options())).toArray()
  expect(await runs()).toBe(20)
})

test.each([
  ['fails', '[ "$1" = list ] || { echo "no mirror" >&2; exit 3; }', /ended with 3/, 'no mirror'],
  ['makes nothing', 'exit 0', /made no file/, undefined],
  ['makes something that is no file', '[ "$1" = list ] || mkdir "$1"', /made no file/, undefined],
])('a script that %s is told of, and nothing is kept', async (_, script, message, output) => {
  await mkdir(path.join(work, 'made'))
  await expect(maker.make(recipeOf(script), medium, options())).rejects.toMatchObject({
    code: 'MediumNotMade',
    kind: 'conflict',
    message: expect.stringMatching(message),
    ...(output !== undefined && { details: { command: 'scripts/make.sh out.tar', output } }),
  })
  expect(await readdir(path.join(work, 'made'))).toEqual([])
})

test('a script that hangs is ended', async () => {
  const hanging = maker.list(recipeOf('sleep 1000'), medium, options({ timeoutMs: 300 }))
  await expect(hanging).rejects.toMatchObject({ code: 'MediumNotMade', message: /was stopped/ })
})
