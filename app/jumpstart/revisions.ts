// Revisions of the JumpStart directory: what was read last is kept, since an installing host asks for one file after the other.
import type { JumpStartStore, StoredDirectory } from '../ports/jumpstart.ts'

/** Each may have 20 MB: the latest one, and the one that hosts are armed with. */
const KEPT = 2

const keptOf = new WeakMap<JumpStartStore, StoredDirectory[]>()

/** @throws RevisionNotFound */
export async function readRevision(store: JumpStartStore, revision: number): Promise<StoredDirectory> {
  const before = keptOf.get(store)?.find((one) => one.revision === revision)
  const directory = before ?? (await store.get(revision))
  const others = (keptOf.get(store) ?? []).filter((one) => one.revision !== revision)
  keptOf.set(store, [directory, ...others].slice(0, KEPT))
  return directory
}

/** undefined: nothing was ever stored */
export async function latestRevision(store: JumpStartStore): Promise<StoredDirectory | undefined> {
  const [note] = await store.list(1)
  return note && readRevision(store, note.revision)
}
