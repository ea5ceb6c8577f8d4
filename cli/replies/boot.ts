import { z } from 'zod'

export const BootReply = z.looseObject({
  kind: z.string(),
  files: z.array(z.looseObject({ name: z.string(), text: z.string() })),
  steps: z.array(z.string()),
  notes: z.array(z.string()),
  armedUntil: z.string().optional(),
})
export type BootReply = z.infer<typeof BootReply>
