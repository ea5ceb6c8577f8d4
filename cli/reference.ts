// `NAME[@VERSION]` as it is typed, and the route that it stands for.
import { TemplateRef } from '#core/names.ts'
import { usageFailure } from './failures.ts'

/** A bare name means its channel `stable`. @throws CliFailure */
export function parseReference(text: string): TemplateRef {
  const parsed = TemplateRef.safeParse(text)
  if (parsed.success) return parsed.data
  throw usageFailure(`expected NAME, NAME@VERSION or NAME@CHANNEL, got ${JSON.stringify(text)}`)
}

export function versionRoute({ template, selector }: TemplateRef): string {
  return `/api/v1/templates/${template}/versions/${selector}`
}
