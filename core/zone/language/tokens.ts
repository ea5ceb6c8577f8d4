// Splits one line of zonecfg input into tokens (zones.md 2.2).

export type Token =
  | { kind: 'word'; text: string; quoted: boolean }
  | { kind: 'mark'; text: '=' | '[' | ']' | '(' | ')' | ',' | ';' }

const blanks = /[ \t\r]+/y
const quoted = /"([^"\n]*)(?:"|$)/y
/** outside brackets a comma is an ordinary character */
const bareOutside = /[^ \t\n";=[\]()]+/y
const bareInside = /[^ \t\n",;=[\]()]+/y
const mark = /[=[\](),;]/y

/**
 * The tokens of a line. `#` begins a comment only where a command could begin. A quote that is not closed ends with the
 * line; there is no escape.
 */
export function tokenizeLine(line: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let depth = 0
  let atStart = true
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(line)
    if (match) at = pattern.lastIndex
    return match
  }
  while (at < line.length) {
    if (take(blanks)) continue
    if (atStart && line[at] === '#') return tokens
    const string = take(quoted)
    const bare = string ? null : take(depth > 0 ? bareInside : bareOutside)
    if (string || bare) {
      tokens.push({ kind: 'word', text: string?.[1] ?? bare?.[0] ?? '', quoted: string !== null })
      atStart = false
      continue
    }
    const text = (take(mark)?.[0] ?? ',') as ',' | '=' | '[' | ']' | '(' | ')' | ';'
    tokens.push({ kind: 'mark', text })
    // an end of command also ends every bracket, so that the next command is read afresh
    if (text === ';') depth = 0
    else if (text === '[' || text === '(') depth += 1
    else if (text === ']' || text === ')') depth = Math.max(0, depth - 1)
    atStart = text === ';'
  }
  return tokens
}
