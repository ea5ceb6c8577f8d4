// The rules that one host's installer reads: the stored ones, or while nobody has stored any the server's own.
import type { JumpStartDirectory } from '../directory.ts'
import { DEFAULT_RULES } from '../rules/rules.ts'
import { clientWords, clientWordsOf } from './install-profile.ts'

/** What applies while nobody has stored rules: revision 0, no files. For a host with an install profile: words that only the client knows make its profile a derived one. */
export function ownDirectory(installProfile = ''): JumpStartDirectory {
  const words = clientWordsOf(installProfile)
  if (words.length === 0) return { revision: 0, rules: DEFAULT_RULES, files: {} }
  const probes = words.map((word) => `probe ${clientWords[word].probe}\n`)
  return { revision: 0, rules: `${probes.join('')}any - begin = finish\n`, files: {} }
}
