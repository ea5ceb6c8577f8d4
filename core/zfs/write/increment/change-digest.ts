// A digest of what an increment is made of: its guid follows from it, so that no two different ones share one (zfs-stream.md 16 item 21).
import type { Change } from '../change.ts'
import { Sha256 } from '../sha256.ts'

/** Another number for another way to write the same changes. */
const FORM = 2

export interface IncrementFacts {
  fromGuid: string
  clone: boolean
  created: number
  toName: string
}

/** 32 bytes. */
export function digestOf(facts: IncrementFacts, changes: Iterable<Change>): Uint8Array {
  const hash = new Sha256()
  const encoder = new TextEncoder()
  const bytes = (part: Uint8Array) => hash.update(encoder.encode(`${part.byteLength}:`)).update(part)
  const text = (part: string) => bytes(encoder.encode(part))
  text(JSON.stringify({ form: FORM, ...facts }))
  for (const change of changes) {
    text(JSON.stringify(change, replaced))
    if ('name' in change && change.name) bytes(change.name)
    if (change.kind === 'symlink') bytes(change.target)
    if (change.kind !== 'file') continue
    if (change.contents instanceof Uint8Array) bytes(change.contents)
    else text(`${change.contents.size} ${change.contents.sha256}`)
  }
  return hash.digest()
}

/** Bytes are hashed as such. */
function replaced(key: string, value: unknown): unknown {
  return key === 'contents' || key === 'target' || key === 'name' ? undefined : value
}
