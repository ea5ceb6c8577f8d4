// What an uploader says before the bytes: parsed the same for multipart fields and tus metadata.
import { z } from 'zod'
import type { Push } from '#app/push-version.ts'
import { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import { VersionFacts } from '#core/manifest.ts'
import { TemplateName } from '#core/names.ts'

const Facts = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue('expected JSON')
      return z.NEVER
    }
  })
  .pipe(VersionFacts)

const PushFields = z.object({ template: TemplateName, facts: Facts, sha256: Sha256.optional() })

/** @throws InvalidRequest with the offending fields in details; `where` says where they were read */
export function parsePushFields(where: string, fields: unknown): Pick<Push, 'template' | 'facts' | 'sha256'> {
  const parsed = PushFields.safeParse(fields)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  const told = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new ProvisionError('invalid', 'InvalidRequest', `${where}: ${told}`, { details: { where, issues } })
}
