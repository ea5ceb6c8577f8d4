// The JumpStart directory in revisions. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { JumpStartDirectory, RevisionNote } from '#core/jumpstart/directory.ts'

/** A revision as it was stored; it never changes. */
export type StoredDirectory = JumpStartDirectory & RevisionNote

export interface JumpStartStore {
  /** @throws RevisionNotFound */
  get(revision: number): Promise<StoredDirectory>
  /** The newest first; none: nothing was ever stored, the server's own rules apply. */
  list(limit: number): Promise<(RevisionNote & { revision: number })[]>
  /**
   * Stores the directory as the revision after `expected`, which is 0 when there is none.
   * @throws JumpStartChanged when another one is the latest
   */
  put(
    expected: number,
    directory: Omit<JumpStartDirectory, 'revision'>,
    note: { actor: string; why: string | undefined },
  ): Promise<StoredDirectory>
}
