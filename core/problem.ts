// What is said of a text that somebody wrote: rules, recipes, flash archives.

/** `error`: it is wrong, and refused. `warning`: unwise, and worth a word. */
export interface Complaint {
  severity: 'error' | 'warning'
  /** the thing, its value, and what was expected */
  message: string
}

export const wrong = (message: string): Complaint => ({ severity: 'error', message })
export const unwise = (message: string): Complaint => ({ severity: 'warning', message })

export const hasErrors = (problems: readonly Complaint[]): boolean =>
  problems.some(({ severity }) => severity === 'error')
