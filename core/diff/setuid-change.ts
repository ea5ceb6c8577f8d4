/** What a difference between files says about setuid and setgid programs. */
import { isSetuid, rightsOf } from '../hygiene/setuid.ts'
import type { FactLine, FileLine, FileSide } from './line.ts'

/** undefined when the file is neither setuid nor setgid on either side, or has the same rights on both */
export function setuidChange({ path, before, after }: FileLine): FactLine | undefined {
  const [old, current] = [rightsIn(path, before), rightsIn(path, after)]
  if (old === current) return undefined
  return {
    kind: 'setuid',
    change: old === undefined ? 'added' : current === undefined ? 'removed' : 'changed',
    name: path,
    ...(old !== undefined && { before: old }),
    ...(current !== undefined && { after: current }),
  }
}

function rightsIn(path: string, side: FileSide | undefined): string | undefined {
  if (side === undefined) return undefined
  const entry = { ...side, path }
  return isSetuid(entry) ? rightsOf(entry) : undefined
}
