// A recipe's folder as it lies on the disk: its recipe.yaml with positions, and the list of its files.
import { open, readdir, lstat } from 'node:fs/promises'
import path from 'node:path'
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml'
import {
  MAX_FOLDER_BYTES,
  MAX_FOLDER_FILES,
  RECIPE_FILE,
  type Position,
  type RecipeEntry,
  type RecipeSource,
} from '#core/recipe/source.ts'

/** Undefined when the folder has no recipe.yaml. */
export async function readRecipeSource(folder: string, name: string): Promise<RecipeSource | undefined> {
  const file = path.join(folder, RECIPE_FILE)
  const text = await readText(file)
  if (text === undefined) return undefined
  return { name, file, ...parseYaml(text, file), entries: await listEntries(folder) }
}

async function readText(file: string): Promise<string | undefined> {
  const isFile = (await lstat(file).catch(() => undefined))?.isFile() ?? false
  if (!isFile) return undefined
  await using handle = await open(file)
  const bytes = Buffer.alloc(MAX_FOLDER_BYTES)
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
  return bytes.toString('utf8', 0, bytesRead)
}

export function parseYaml(text: string, file: string): Pick<RecipeSource, 'value' | 'syntax' | 'positionOf'> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const syntax = document.errors.map(({ message, pos }) => ({
    severity: 'error' as const,
    file,
    ...position(pos[0]),
    message: `not YAML: ${message}`,
  }))
  return {
    value: syntax.length > 0 ? undefined : valueOf(document),
    syntax,
    positionOf: (keys) => position(offsetOf(document, keys)),
  }
}

/** An alias that would grow the document without end is refused by the reader itself; it counts as no value. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

/** Where the deepest part of the path that exists begins: the value of a map's key, an item of a list. */
function offsetOf(document: Document, keys: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? startOf(node) : 0
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      if (!pair) break
      node = pair.value
      offset = isNode(node) && node.range ? startOf(node) : startOf(pair.key as Node)
    } else {
      node = isSeq(node) ? node.items[Number(key)] : undefined
      if (!isNode(node)) break
      offset = startOf(node)
    }
  }
  return offset
}

const startOf = (node: Node): number => node.range?.[0] ?? 0

/** Every file below the folder but recipe.yaml, sorted; one more than is allowed ends the search. */
async function listEntries(folder: string): Promise<RecipeEntry[]> {
  const entries: RecipeEntry[] = []
  const pending = ['']
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const found of await readdir(path.join(folder, directory), { withFileTypes: true })) {
      const relative = path.posix.join(directory, found.name)
      if (relative === RECIPE_FILE) continue
      if (found.isDirectory()) pending.push(relative)
      else if (entries.length <= MAX_FOLDER_FILES) entries.push(await entryOf(folder, relative))
    }
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function entryOf(folder: string, relative: string): Promise<RecipeEntry> {
  const found = await lstat(path.join(folder, relative))
  return { path: relative, kind: found.isFile() ? 'file' : 'special', size: found.size }
}
