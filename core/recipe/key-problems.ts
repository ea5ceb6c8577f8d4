// What zod says of a recipe's keys, in words that name the key, its value and what was expected.
import type { z } from 'zod'
import type { ExtendedSource } from './extend.ts'
import type { Finding } from './rules/rule.ts'
import { RecipeFields } from './schema.ts'

export function keyFindings({ issues }: z.ZodError, { value }: ExtendedSource): Finding[] {
  return issues.flatMap((issue) => describe(issue, value))
}

function describe(issue: z.core.$ZodIssue, value: unknown): Finding[] {
  const path = issue.path
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      severity: 'error',
      path: [...path, key],
      message: `${[...path, key].join('.')} is no key of a recipe${path.length === 0 ? `, expected one of ${Object.keys(RecipeFields.shape).join(', ')}` : ''}`,
    }))
  const name = path.join('.') || 'the recipe'
  return [
    {
      severity: 'error',
      path,
      message: `${name} ${isWhat(path, valueAt(value, path))}, ${expectation(issue)}`,
    },
  ]
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Record<PropertyKey, unknown>)[key]
  }
  return found
}

function isWhat(path: readonly PropertyKey[], found: unknown): string {
  if (found === undefined) return 'is missing'
  if (/password/i.test(String(path.at(-1)))) return 'is not shown'
  const text = JSON.stringify(found)
  return `is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`
}

/** `Invalid input: expected string, received undefined` → `expected string` */
function expectation({ message }: z.core.$ZodIssue): string {
  const text = message.replace(/^(?:Invalid|Too)[a-z ]*: /, '').replace(/, received [^,]*$/, '')
  return text.startsWith('expected') ? text : `expected otherwise: ${text}`
}
