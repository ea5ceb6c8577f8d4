// What a YAML parser says, in one line as all messages are.

/** `unexpected end of the flow at line 2, column 5`, without the picture of the place that follows it. */
export function yamlProblem(cause: unknown): string {
  const [first = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/:$/, '')
}
