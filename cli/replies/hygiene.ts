import { z } from 'zod'
import { HygieneFinding } from '#core/build/hygiene.ts'

export const HygieneReply = z.looseObject({
  template: z.string(),
  version: z.string(),
  findings: z.array(HygieneFinding),
  notices: z.array(z.string()),
})
export type HygieneReply = z.infer<typeof HygieneReply>
