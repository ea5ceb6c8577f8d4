// A recipe as one string of bytes: what a build keeps of it. Equal recipes have equal bundles, on whatever machine.
// One line of JSON with sorted keys, then the contents of the files, in the order in which that line names them.
import { z } from 'zod'
import { TemplateName } from '../names.ts'
import { bundleInvalid } from './errors.ts'
import { RecipeFields, type Recipe } from './schema.ts'

/** A file of the recipe's folder, or of what it extends. */
export interface BundledFile {
  path: string
  /** permission bits */
  mode: number
  contents: Uint8Array
}

const FORMAT = 'zoneflash recipe 1'
const NEWLINE = 0x0a

const isBelow = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part))

const Header = z.strictObject({
  format: z.literal(FORMAT),
  recipe: RecipeFields.extend({ name: TemplateName }),
  files: z.array(
    z.strictObject({
      path: z.string().refine(isBelow, 'expected a path below the folder'),
      mode: z.int().min(0).max(0o7777),
      /** bytes */
      size: z.int().min(0),
    }),
  ),
})

/** A comment in a recipe.yaml, or the order of its keys, changes nothing. */
export function writeBundle(recipe: Recipe, files: readonly BundledFile[]): Uint8Array {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const header = {
    format: FORMAT,
    recipe,
    files: sorted.map(({ path, mode, contents }) => ({ path, mode, size: contents.byteLength })),
  }
  const line = new TextEncoder().encode(`${JSON.stringify(header, sortKeys)}\n`)
  const bundle = new Uint8Array(
    sorted.reduce((sum, { contents }) => sum + contents.byteLength, line.byteLength),
  )
  bundle.set(line)
  let at = line.byteLength
  for (const { contents } of sorted) {
    bundle.set(contents, at)
    at += contents.byteLength
  }
  return bundle
}

/** @throws BundleInvalid */
export function readBundle(bytes: Uint8Array): { recipe: Recipe; files: BundledFile[] } {
  const end = bytes.indexOf(NEWLINE)
  const header = readHeader(bytes.subarray(0, Math.max(end, 0)))
  let at = end + 1
  const files = header.files.map(({ path, mode, size }) => {
    const contents = bytes.slice(at, at + size)
    at += size
    return { path, mode, contents }
  })
  if (at !== bytes.byteLength)
    throw bundleInvalid(`its files have ${at - end - 1} bytes, ${bytes.byteLength - end - 1} are there`)
  return { recipe: header.recipe, files }
}

function readHeader(line: Uint8Array): z.infer<typeof Header> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
  } catch {
    throw bundleInvalid('expected a line of JSON at the beginning')
  }
  const parsed = Header.safeParse(value)
  if (!parsed.success) throw bundleInvalid(z.prettifyError(parsed.error))
  return parsed.data
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
