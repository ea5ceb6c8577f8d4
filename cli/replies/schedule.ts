import { z } from 'zod'

export const ScheduleRunReply = z.looseObject({
  slot: z.string(),
  why: z.string(),
  state: z.string(),
  missed: z.number(),
  actor: z.string(),
  createdAt: z.string(),
  builds: z.array(z.string()),
  outcomes: z.array(
    z.looseObject({
      template: z.string(),
      outcome: z.string(),
      build: z.string().optional(),
      message: z.string(),
      state: z.string().optional(),
      version: z.string().optional(),
    }),
  ),
})
export type ScheduleRunReply = z.infer<typeof ScheduleRunReply>

export const ScheduleReply = z.looseObject({
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  builds: z.array(z.string()),
  missed: z.string(),
  force: z.boolean(),
  enabled: z.boolean(),
  changedBy: z.string(),
  changedAt: z.string(),
  next: z.array(z.looseObject({ slot: z.string(), local: z.string() })),
  last: ScheduleRunReply.optional(),
})
export type ScheduleReply = z.infer<typeof ScheduleReply>
