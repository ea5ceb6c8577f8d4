// Names that match a shell's pattern, as drop_matching and empty_matching of finish-scripts/zoneroot.sh see them.

/** `*`, `?`, `[…]` and `[!…]`; a name that begins with a dot is met only by a pattern that does. */
export function matchesPattern(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  return expressionOf(pattern).test(name)
}

const known = new Map<string, RegExp>()

/** Patterns are those of this folder, so they are few. */
function expressionOf(pattern: string): RegExp {
  const found = known.get(pattern)
  if (found) return found
  const source = pattern.replaceAll(/\[!?[^\]]+\]|\*|\?|[\\^$.|+(){}[\]]/g, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length === 1) return `\\${part}`
    return part.startsWith('[!') ? `[^${part.slice(2)}` : part
  })
  const expression = new RegExp(`^${source}$`, 'su')
  known.set(pattern, expression)
  return expression
}
