import type { JumpStartStore, StoredDirectory } from '#app/ports/jumpstart.ts'
import type { Clock } from '#app/ports/queue.ts'
import type { JumpStartDirectory } from '#core/jumpstart/directory.ts'
import { toStorable } from '#core/storable-text.ts'
import { jumpStartChanged, revisionNotFound } from '#core/store-errors.ts'
import { systemClock } from './fake-clock.ts'

/** Revisions of the JumpStart directory in an array. */
export class MemoryJumpStartStore implements JumpStartStore {
  readonly #revisions: StoredDirectory[] = []
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async get(revision: number): Promise<StoredDirectory> {
    const found = this.#revisions.find((one) => one.revision === revision)
    if (!found) throw revisionNotFound(revision)
    return structuredClone(found)
  }

  async list(limit: number) {
    return this.#revisions
      .toReversed()
      .slice(0, limit)
      .map(({ revision, actor, why, at }) => ({ revision, actor, why, at }))
  }

  async put(
    expected: number,
    { rules, files }: Omit<JumpStartDirectory, 'revision'>,
    { actor, why }: { actor: string; why: string | undefined },
  ): Promise<StoredDirectory> {
    if (this.#revisions.length !== expected) throw jumpStartChanged(expected)
    const stored = {
      revision: expected + 1,
      rules,
      files: structuredClone(files),
      actor: toStorable(actor),
      why: why === undefined ? undefined : toStorable(why),
      at: this.#clock.now().toISOString(),
    }
    this.#revisions.push(stored)
    return structuredClone(stored)
  }
}
