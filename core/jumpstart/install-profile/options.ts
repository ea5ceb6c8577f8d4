// Words with values at the end of a line: `timeout 5 proxy 192.0.2.1:3128`.
import { complain, type CheckWord } from './words.ts'
import { counted } from '../problem.ts'
import { wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'

/** What may follow, each once, and what each takes. */
export type Options = Readonly<Record<string, readonly (readonly [name: string, check: CheckWord])[]>>

export function checkOptions(words: readonly string[], options: Options): Complaint[] {
  const seen = new Set<string>()
  const names = Object.keys(options)
  for (let at = 0; at < words.length;) {
    const word = words[at] ?? ''
    const values = Object.hasOwn(options, word) ? options[word] : undefined
    if (!values) {
      const expected = names.length === 0 ? 'the end of the line' : `one of ${names.join(', ')}`
      return [wrong(`${quoted(word)} follows, expected ${expected}`)]
    }
    if (seen.has(word)) return [wrong(`${word} stands twice, expected it once`)]
    seen.add(word)
    const given = words.slice(at + 1, at + 1 + values.length)
    if (given.length < values.length)
      return [
        wrong(
          `${word} has ${counted(given.length, 'word')} after it, expected ${values.length}: ${values.map(([name]) => name).join(', ')}`,
        ),
      ]
    const complaints = values.flatMap(([name, check], index) => complain(name, given[index] ?? '', check))
    if (complaints.length > 0) return complaints
    at += 1 + values.length
  }
  return []
}
