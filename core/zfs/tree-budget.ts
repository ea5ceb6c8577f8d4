// What one tree may take: so many names, and each directory once.
import { corruptZap } from './zap/entry.ts'

export class TreeBudget {
  #left: number
  /** where each directory was met */
  readonly #directories = new Map<number, string>()

  constructor(maxEntries: number) {
    this.#left = maxEntries
  }

  /** how many names a directory may still have */
  get left(): number {
    return this.#left
  }

  spend(names: number): void {
    this.#left -= names
  }

  /**
   * Says that directory `object` was met as `as`: a second time would be a cycle, or a directory with two names.
   * @throws CorruptStream
   */
  claimDirectory(object: number, as: string): void {
    const before = this.#directories.get(object)
    if (before !== undefined) {
      throw corruptZap(
        as,
        `object ${object} is a directory that was met as ${before}, expected one name for each`,
      )
    }
    this.#directories.set(object, as)
  }
}
