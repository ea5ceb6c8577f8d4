// `NAME[@VERSION]` as it is typed, and the routes that names stand for.
import { TemplateRef } from '#core/names.ts'
import { usageFailure } from './failures.ts'

/** A bare name means its channel `stable`. @throws CliFailure */
export function parseReference(text: string): TemplateRef {
  const parsed = TemplateRef.safeParse(text)
  if (parsed.success) return parsed.data
  throw usageFailure(`expected NAME, NAME@VERSION or NAME@CHANNEL, got ${JSON.stringify(text)}`)
}

/** `NAME VERSION`, or `NAME@VERSION` in one word; a version has to be named. @throws CliFailure */
export function parseTwoWords(text: string, version: string | undefined): TemplateRef {
  if (text.includes('@') === (version !== undefined))
    throw usageFailure(
      `expected NAME VERSION or NAME@VERSION, got ${JSON.stringify([text, version].filter(Boolean).join(' '))}`,
    )
  return parseReference(version === undefined ? text : `${text}@${version}`)
}

export function versionRoute({ template, selector }: TemplateRef): string {
  return `/api/v1/templates/${template}/versions/${selector}`
}

export function hostRoute(name: string): string {
  return `/api/v1/hosts/${encodeURIComponent(name)}`
}
