// The words of a sysidcfg file, with their places (zones.md 6.1).
import { ProvisionError } from '../errors.ts'

/** Where something stands in the text; both count from 1. */
export interface Position {
  line: number
  column: number
}

export interface Token extends Position {
  kind: 'word' | '=' | '{' | '}'
  text: string
  /** whether the word stood in quotes, which may hold what a bare word may not */
  quoted: boolean
}

/** The failure that a console shows before the zone stops at its questions. */
export function sysidcfgError(code: string, message: string, { line, column }: Position): ProvisionError {
  return new ProvisionError('invalid', code, `sysidcfg line ${line}, column ${column}: ${message}`, {
    details: { line, column },
  })
}

/** @throws SysidcfgSyntax for an unclosed quote, a comment, a carriage return or another control character */
export function sysidcfgTokens(text: string): Token[] {
  const tokens: Token[] = []
  let line = 1
  let lineStart = 0
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    const position = { line, column: at - lineStart + 1 }
    if (char === '\n') {
      at += 1
      line += 1
      lineStart = at
    } else if (char === ' ' || char === '\t') {
      at += 1
    } else if (char === '=' || char === '{' || char === '}') {
      tokens.push({ kind: char, text: char, quoted: false, ...position })
      at += 1
    } else if (char === '"' || char === "'") {
      const end = text.indexOf(char, at + 1)
      const newline = text.indexOf('\n', at)
      if (end < 0 || (newline >= 0 && newline < end)) {
        throw sysidcfgError('SysidcfgSyntax', `the quote ${char} is not closed on its line`, position)
      }
      const word = text.slice(at + 1, end)
      refuseControls(word, position)
      tokens.push({ kind: 'word', text: word, quoted: true, ...position })
      at = end + 1
    } else {
      const word = /^[^\s={}"']+/.exec(text.slice(at, at + 4096))?.[0] ?? char
      refuseControls(word, position)
      if (word.startsWith('#')) {
        throw sysidcfgError('SysidcfgSyntax', 'comments are not part of the grammar', position)
      }
      tokens.push({ kind: 'word', text: word, quoted: false, ...position })
      at += word.length
    }
  }
  return tokens
}

function refuseControls(word: string, position: Position): void {
  for (const char of word) {
    if (char < ' ' || char === '\x7f') {
      const name = char === '\r' ? 'a carriage return (Windows line end)' : 'a control character'
      throw sysidcfgError('SysidcfgSyntax', `${name} where text was expected`, position)
    }
  }
}
