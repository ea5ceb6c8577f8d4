// The words of a line of `rules`: blanks part them, single quotes hold blanks.
import { quoted } from '../../quoted.ts'

export interface Token {
  text: string
  isQuoted: boolean
}

/** Blanks inside of quotes become underscores, as they do in what is compared with (jumpstart.md 1.2). */
export function tokenize(line: string): { tokens: Token[] } | { fault: string } {
  const tokens: Token[] = []
  let at = 0
  while (at < line.length) {
    const first = line[at]
    if (first === ' ' || first === '\t') at += 1
    else if (first === "'") {
      const end = line.indexOf("'", at + 1)
      if (end < 0) return { fault: `the quote before ${quoted(line.slice(at + 1))} is not closed` }
      const text = line.slice(at + 1, end)
      const after = line[end + 1]
      if (after !== undefined && after !== ' ' && after !== '\t')
        return { fault: `the quoted text ${quoted(text)} goes on behind its quote, expected a blank` }
      if (text.trim() === '' || text.includes('\t'))
        return { fault: `the quoted text is ${quoted(text)}, expected words with blanks between them` }
      tokens.push({ text: text.replaceAll(' ', '_'), isQuoted: true })
      at = end + 1
    } else {
      let end = at + 1
      while (end < line.length && line[end] !== ' ' && line[end] !== '\t') end += 1
      tokens.push({ text: line.slice(at, end), isQuoted: false })
      at = end
    }
  }
  const odd = tokens.find(({ text }) => /["'\\]/.test(text))
  if (odd) return { fault: `the word ${quoted(odd.text)} has a quote or a backslash in it, expected neither` }
  return { tokens }
}
