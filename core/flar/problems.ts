// What is wrong with a flash archive that can be read all the same: an error when the installer refuses it, or it cannot be trusted.
import { unwise, wrong, type Complaint } from '../problem.ts'

/** More are not worth keeping: whoever writes a million wrong lines wants our memory. */
const MAX_PROBLEMS = 100

/** Problems in the order in which they were met, the first hundred of them. */
export class FlarProblems {
  readonly #found: Complaint[] = []

  get found(): readonly Complaint[] {
    return this.#found
  }

  error(message: string): void {
    this.add(wrong(message))
  }

  warn(message: string): void {
    this.add(unwise(message))
  }

  add(problem: Complaint): void {
    if (this.#found.length < MAX_PROBLEMS) this.#found.push(problem)
    else if (this.#found.length === MAX_PROBLEMS)
      this.#found.push(wrong(`there are more than ${MAX_PROBLEMS} problems`))
  }
}
