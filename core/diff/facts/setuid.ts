// Files that run with their owner's rights, told by the index alone.
import { isSetuid, rightsOf } from '../../hygiene/setuid.ts'
import type { FactSource } from '../facts.ts'

export const setuidFiles: FactSource = {
  entry(entry, facts) {
    if (isSetuid(entry)) facts.set('setuid', entry.path, { text: rightsOf(entry) })
  },
}
