// The rules that one host's installer reads: the stored ones, or while nobody has stored any the server's own.
import type { JumpStartFile } from '../directory.ts'
import { DEFAULT_RULES } from '../rules/rules.ts'
import { clientWords, clientWordsOf } from './install-profile.ts'

/** The JumpStart directory as an install uses it; revision 0: the server's own rules, no files. */
export interface UsedDirectory {
  revision: number
  rules: string
  files: Readonly<Record<string, JumpStartFile>>
}

/** What applies to a host for which nobody has stored rules. Words that only the client knows make its profile a derived one. */
export function ownDirectory(installProfile: string | undefined): UsedDirectory {
  const words = clientWordsOf(installProfile ?? '')
  if (words.length === 0) return { revision: 0, rules: DEFAULT_RULES, files: {} }
  const probes = words.map((word) => `probe ${clientWords[word].probe}\n`)
  return { revision: 0, rules: `${probes.join('')}any - begin = finish\n`, files: {} }
}
