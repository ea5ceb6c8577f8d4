// What the server says of a field, told as the option that the field was given by.
import { z } from 'zod'
import { CliFailure } from './failures.ts'

const Issues = z.array(z.object({ path: z.string(), message: z.string() }))

/** Path of a field in a request's body, without what is below it: `options.bootServer` → `--boot-server`. */
export type OptionOfField = Readonly<Record<string, string>>

/** The answer; a body that the server refuses is refused in words of the command line. @throws CliFailure */
export async function inWordsOfOptions<T>(optionOf: OptionOfField, answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw error instanceof CliFailure ? reworded(error, optionOf) : error
  })
}

function reworded(failure: CliFailure, optionOf: OptionOfField): CliFailure {
  const issues = Issues.safeParse(failure.details['issues'])
  if (failure.code !== 'InvalidRequest' || failure.details['where'] !== 'body' || !issues.success)
    return failure
  const told = issues.data.map(({ path, message }) =>
    path === '' ? message : `${optionFor(path, optionOf)}: ${message}`,
  )
  if (told.length === 0) return failure
  const { exit, code, advice, details, status } = failure
  return new CliFailure(exit, code, told.join('; '), {
    cause: failure,
    details,
    ...(advice !== undefined && { advice }),
    ...(status !== undefined && { status }),
  })
}

/** The option of the field or of the nearest one that it is in, else the path as it is. */
function optionFor(path: string, optionOf: OptionOfField): string {
  for (let field = path; field !== ''; field = field.slice(0, Math.max(field.lastIndexOf('.'), 0))) {
    const option = Object.hasOwn(optionOf, field) ? optionOf[field] : undefined
    if (option !== undefined) return option
  }
  return path
}
