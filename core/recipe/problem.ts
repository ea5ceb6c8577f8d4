import type { Complaint } from '../problem.ts'

/** Something in a recipe that is wrong, or unwise, and where it stands. */
export interface RecipeProblem extends Complaint {
  /** as the reader of the folder names it */
  file: string
  /** 1 at first */
  line: number
  column: number
}

/** `templates/web/recipe.yaml:3:8: brand is "lxx", expected …` */
export function renderProblem({ severity, file, line, column, message }: RecipeProblem): string {
  return `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`
}
