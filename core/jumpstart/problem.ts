/** Something in the JumpStart directory that is wrong, or (`warning`) unwise, and where it stands. */
export interface JumpStartProblem {
  severity: 'error' | 'warning'
  /** as the directory names it: `rules`, `prof/web` */
  file: string
  /** 1 at first; where several lines are joined, the first of them */
  line: number
  /** the thing, its value, and what was expected */
  message: string
}

/** `rules:12: warning: …` */
export function renderJumpStartProblem({ severity, file, line, message }: JumpStartProblem): string {
  return `${file}:${line}: ${severity === 'warning' ? 'warning: ' : ''}${message}`
}

export const hasErrors = (problems: readonly JumpStartProblem[]): boolean =>
  problems.some(({ severity }) => severity === 'error')

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

/** What is said of one line, before the file and the line are known. */
export interface Complaint {
  severity: 'error' | 'warning'
  message: string
}

export const wrong = (message: string): Complaint => ({ severity: 'error', message })
export const unwise = (message: string): Complaint => ({ severity: 'warning', message })

/** Text for a message: quoted, control characters escaped, cut when absurdly long. */
export function quoted(text: string): string {
  const short = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
  return short.replace(/[\u007f-\u009f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
}

/** `1 word`, `2 words` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
