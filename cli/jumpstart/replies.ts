// The shapes of the server's replies about JumpStart that commands rely on; further fields are let through to --json.
import { z } from 'zod'
import { HostRules } from '#core/jumpstart/rules/explain.ts'

export const RevisionReply = z.looseObject({
  revision: z.number(),
  actor: z.string().optional(),
  why: z.string().optional(),
  at: z.string().optional(),
})
export type RevisionReply = z.infer<typeof RevisionReply>

export const DirectoryReply = RevisionReply.extend({
  rules: z.string(),
  files: z.array(z.looseObject({ path: z.string(), mode: z.number(), size: z.number() })),
})

export const FileReply = z.looseObject({ text: z.string(), mode: z.number() })

export const ChangedReply = z.looseObject({
  revision: z.number(),
  unchanged: z.boolean(),
  problems: z.array(
    z.looseObject({
      severity: z.enum(['error', 'warning']),
      file: z.string(),
      line: z.number(),
      message: z.string(),
    }),
  ),
  broken: z.array(z.looseObject({ host: z.string(), why: z.string() })),
})
export type ChangedReply = z.infer<typeof ChangedReply>

export const HostRulesReply = z.looseObject({ ...HostRules.shape, revision: z.number() })
