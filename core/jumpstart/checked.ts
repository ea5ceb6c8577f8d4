// What `check` says of a directory that is stored: a revision never changes, so that it is asked once.
import { checkDirectory, type CheckedDirectory } from './check-directory.ts'
import type { JumpStartDirectory } from './directory.ts'

const known = new WeakMap<object, CheckedDirectory>()

/** For a directory that nobody changes; the same object is looked at once. */
export function checkedOf(directory: Pick<JumpStartDirectory, 'rules' | 'files'>): CheckedDirectory {
  const before = known.get(directory)
  if (before) return before
  const checked = checkDirectory(directory.rules, directory.files)
  known.set(directory, checked)
  return checked
}
