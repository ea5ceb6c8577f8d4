import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Position, RecipeSource } from '#core/recipe/source.ts'
import { positionIn, type YamlNode } from '#core/recipe/yaml-tree.ts'

/** The text of a recipe.yaml as values, with where each of them stands. `file` is its name in messages. */
export function parseRecipeYaml(
  text: string,
  file: string,
): Pick<RecipeSource, 'value' | 'syntax' | 'positionOf'> {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const notYaml = (message: string, position: Position) => ({
    severity: 'error' as const,
    file,
    ...position,
    message: `this is not YAML: ${message}`,
  })
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const syntax = document.errors.map(({ message, pos }) => notYaml(message, at(pos[0])))
    const root = treeOf(document.contents, at, 0)
    // aliases are few; a document that grows without end is refused
    const value: unknown = syntax.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 })
    return { value, syntax, positionOf: (path) => positionIn(root, path) }
  } catch (error) {
    const syntax = [notYaml((error as Error).message, at(0))]
    return { value: undefined, syntax, positionOf: () => at(0) }
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
