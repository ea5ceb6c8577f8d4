import type { Complaint } from '../problem.ts'

/** Something in the JumpStart directory that is wrong, or unwise, and where it stands. */
export interface JumpStartProblem extends Complaint {
  /** as the directory names it: `rules`, `prof/web` */
  file: string
  /** 1 at first; where several lines are joined, the first of them */
  line: number
}

/** `rules:12: warning: …` */
export function renderJumpStartProblem({ severity, file, line, message }: JumpStartProblem): string {
  return `${file}:${line}: ${severity === 'warning' ? 'warning: ' : ''}${message}`
}

/** How many errors, and how many warnings, are told of one text; what has more is read no further. */
export const MAX_PROBLEMS = 1000

/** Problems in the order in which they were found; of a text that is all wrong only the first ones. */
export class ProblemList {
  readonly all: JumpStartProblem[] = []
  readonly #count = { error: 0, warning: 0 }

  add(problem: JumpStartProblem): void {
    const { severity } = problem
    this.#count[severity] += 1
    const count = this.#count[severity]
    if (count <= MAX_PROBLEMS) this.all.push(problem)
    if (count === MAX_PROBLEMS + 1)
      this.all.push({
        ...problem,
        message: `there are more than ${MAX_PROBLEMS} ${severity}s, the others are not told`,
      })
  }

  /** There is an error too many: nobody looks at more of them. */
  get isFull(): boolean {
    return this.#count.error > MAX_PROBLEMS
  }
}

/** `1 word`, `2 words` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
