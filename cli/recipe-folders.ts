// The recipes of a folder, for checking them without a server: as the server's own shelf reads them.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import {
  MAX_RECIPE_BYTES,
  RECIPE_FILE,
  type Position,
  type RecipeEntry,
  type RecipeSource,
} from '#core/recipe/source.ts'
import { positionIn, type YamlNode } from '#core/recipe/yaml-tree.ts'

/** Every recipe below `shelf` by its folder's name. */
export function readRecipeFolders(shelf: string): Map<string, RecipeSource> {
  const sources = new Map<string, RecipeSource>()
  for (const name of isDirectory(shelf) ? readdirSync(shelf).toSorted() : []) {
    const folder = path.join(shelf, name)
    const file = path.join(folder, RECIPE_FILE)
    if (!isDirectory(folder) || !lstatSync(file, { throwIfNoEntry: false })?.isFile()) continue
    sources.set(name, { name, file, ...readYaml(file), entries: listEntries(folder) })
  }
  return sources
}

const isDirectory = (name: string): boolean =>
  lstatSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false

function readYaml(file: string): Pick<RecipeSource, 'value' | 'syntax' | 'positionOf'> {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problem = (message: string, position: Position) => ({
    severity: 'error' as const,
    file,
    ...position,
    message,
  })
  try {
    const { size } = lstatSync(file)
    if (size > MAX_RECIPE_BYTES)
      throw new Error(`the file has ${size} bytes, expected at most ${MAX_RECIPE_BYTES}`)
    const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false })
    const syntax = document.errors.map(({ message, pos }) =>
      problem(`this is not YAML: ${message}`, at(pos[0])),
    )
    const root = treeOf(document.contents, at, 0)
    const value: unknown = syntax.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 })
    return { value, syntax, positionOf: (keys) => positionIn(root, keys) }
  } catch (error) {
    return {
      value: undefined,
      syntax: [problem(`this is not YAML: ${(error as Error).message}`, at(0))],
      positionOf: () => at(0),
    }
  }
}

function treeOf(node: unknown, at: (offset: number) => Position, otherwise: number): YamlNode {
  const offset = (node as { range?: [number] } | null)?.range?.[0] ?? otherwise
  const items = new Map<PropertyKey, YamlNode>()
  if (isMap(node)) {
    for (const { key, value } of node.items)
      if (isScalar(key)) items.set(String(key.value), treeOf(value, at, key.range?.[0] ?? offset))
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) items.set(index, treeOf(item, at, offset))
  }
  return { start: at(offset), isLines: isScalar(node) && node.type === 'BLOCK_LITERAL', items }
}

function listEntries(folder: string): RecipeEntry[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((relative): RecipeEntry[] => {
    const found = lstatSync(path.join(folder, relative), { throwIfNoEntry: false })
    if (relative === RECIPE_FILE || found?.isDirectory()) return []
    const kind = found?.isFile() ? 'file' : 'special'
    return [{ path: relative, kind, size: found?.size ?? 0, mode: (found?.mode ?? 0) & 0o7777 }]
  })
}
