import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBundle, writeBundle, type BundledFile } from '#core/recipe/bundle.ts'
import { RecipeFields, type Recipe } from '#core/recipe/schema.ts'

const recipe: Recipe = {
  ...RecipeFields.parse({ summary: 'a', brand: 'lx', osFamily: 'linux', origin: 'default@candidate' }),
  name: 'web',
}
const part = fc.stringMatching(/^[a-z.ß-]{1,12}$/).filter((text) => text !== '.' && text !== '..')
const anyFile = fc.record({
  path: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  contents: fc.uint8Array({ maxLength: 200 }),
})
const anyFiles = fc.uniqueArray(anyFile, { selector: ({ path }) => path, maxLength: 8 })
const bytes = (of: Recipe, files: readonly BundledFile[]) =>
  Buffer.from(writeBundle(of, files)).toString('hex')

test('what is written is read back, files in their order', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
      expect(readBundle(writeBundle(recipe, files))).toEqual({ recipe, files: sorted })
    }),
  )
})

test('the order of files and keys changes nothing', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      const turned = Object.fromEntries(Object.entries(recipe).toReversed()) as Recipe
      expect(bytes(turned, files.toReversed())).toBe(bytes(recipe, files))
    }),
  )
})

test('any byte, mode or name of a file that changes gives other bytes', () => {
  const filled = anyFiles.filter((files) => files.some(({ contents }) => contents.length > 0))
  fc.assert(
    fc.property(filled, fc.nat(), fc.integer({ min: 1, max: 255 }), (files, at, difference) => {
      const index = files.findIndex(({ contents }) => contents.length > 0)
      const change = (one: Partial<BundledFile>) =>
        files.map((file, i) => (i === index ? { ...file, ...one } : file))
      const { contents, mode, path } = files[index] as BundledFile
      const other = contents.map((byte, i) => (i === at % contents.length ? byte ^ difference : byte))
      const written = bytes(recipe, files)
      expect(bytes(recipe, change({ contents: other }))).not.toBe(written)
      expect(bytes(recipe, change({ mode: mode ^ 0o100 }))).not.toBe(written)
      expect(bytes(recipe, change({ path: `${path}-` }))).not.toBe(written)
    }),
  )
})

test('two files are not taken for one whose contents are theirs together', () => {
  const file = (path: string, text: string) => ({
    path,
    mode: 0o644,
    contents: new TextEncoder().encode(text),
  })
  expect(bytes(recipe, [file('a', 'xy'), file('b', 'z')])).not.toBe(
    bytes(recipe, [file('a', 'x'), file('b', 'yz')]),
  )
})

test.each([
  ['nothing', ''],
  ['no JSON', 'x\n'],
  ['another format', '{"format":"zoneflash recipe 9"}\n'],
  ['a file above the folder', header([{ path: '../x', mode: 0o644, size: 0 }])],
  ['an absolute file', header([{ path: '/x', mode: 0o644, size: 0 }])],
  ['fewer bytes than said', header([{ path: 'x', mode: 0o644, size: 4 }])],
  ['more bytes than said', `${header([])}more`],
])('a bundle of %s is refused', (_what, text) => {
  expect(() => readBundle(new TextEncoder().encode(text))).toThrow(
    expect.objectContaining({ code: 'BundleInvalid' }),
  )
})

function header(files: object[]): string {
  return `${JSON.stringify({ format: 'zoneflash recipe 1', recipe, files })}\n`
}
