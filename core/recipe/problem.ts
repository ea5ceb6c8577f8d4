/** Something in a recipe that is wrong, or (`warning`) unwise, and where it stands. */
export interface RecipeProblem {
  severity: 'error' | 'warning'
  /** as the reader of the folder names it */
  file: string
  /** 1 at first */
  line: number
  column: number
  /** the thing, its value, and what was expected */
  message: string
}

/** `templates/web/recipe.yaml:3:8: brand is "lxx", expected …` */
export function renderProblem({ severity, file, line, column, message }: RecipeProblem): string {
  return `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`
}
