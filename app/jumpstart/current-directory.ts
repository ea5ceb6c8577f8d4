// The JumpStart directory that applies now.
import type { JumpStartDirectory, RevisionNote } from '#core/jumpstart/directory.ts'
import { ownDirectory } from '#core/jumpstart/documents/host-rules.ts'
import type { JumpStartStore } from '../ports/jumpstart.ts'
import { latestRevision } from './revisions.ts'

/** The directory, with who stored it when somebody did. */
export type CurrentDirectory = JumpStartDirectory & Partial<RevisionNote>

/** The latest revision; revision 0, with the server's own rules and no files, while nothing is stored. */
export async function currentDirectory({
  jumpstart,
}: {
  jumpstart: JumpStartStore
}): Promise<CurrentDirectory> {
  return (await latestRevision(jumpstart)) ?? ownDirectory()
}
