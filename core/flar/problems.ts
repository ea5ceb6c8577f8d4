/** What is wrong with a flash archive that can be read all the same, in words. */

export interface FlarProblem {
  /** `error`: the installer refuses it, or it cannot be trusted. `warning`: worth a word */
  severity: 'error' | 'warning'
  message: string
}

/** More are not worth keeping: whoever writes a million wrong lines wants our memory. */
const MAX_PROBLEMS = 100

/** Problems in the order in which they were met, the first hundred of them. */
export class FlarProblems {
  readonly #found: FlarProblem[] = []

  get found(): readonly FlarProblem[] {
    return this.#found
  }

  error(message: string): void {
    this.add({ severity: 'error', message })
  }

  warn(message: string): void {
    this.add({ severity: 'warning', message })
  }

  add(problem: FlarProblem): void {
    if (this.#found.length < MAX_PROBLEMS) this.#found.push(problem)
    else if (this.#found.length === MAX_PROBLEMS)
      this.#found.push({ severity: 'error', message: `there are more than ${MAX_PROBLEMS} problems` })
  }
}
