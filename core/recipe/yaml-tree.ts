import type { Position } from './source.ts'

/** Where the parts of a YAML document stand. */
export interface YamlNode {
  start: Position
  /** a text written below `|`, line for line */
  isLines: boolean
  /** of a map by key, of a list by number */
  items: ReadonlyMap<PropertyKey, YamlNode>
}

/** Where the value at `path` begins, or the deepest part of the path that exists. The lines of a text count as its items. */
export function positionIn(root: YamlNode, path: readonly PropertyKey[]): Position {
  let node = root
  for (const key of path) {
    if (node.isLines && typeof key === 'number') return { line: node.start.line + 1 + key, column: 1 }
    const item = node.items.get(key)
    if (!item) break
    node = item
  }
  return node.start
}
