import { z } from 'zod'

export const BuildReply = z.looseObject({
  id: z.string(),
  template: z.string(),
  version: z.string(),
  host: z.string(),
  zone: z.string(),
  state: z.string(),
  reason: z.string(),
  parent: z.string().optional(),
  waitingFor: z.array(z.string()).optional(),
  cancelRequested: z.boolean(),
  zoneKept: z.boolean(),
  keepZone: z.boolean(),
  needsStop: z.boolean().optional(),
  failure: z
    .looseObject({
      step: z.string(),
      code: z.string(),
      message: z.string(),
      command: z.string().optional(),
      output: z.string().optional(),
    })
    .optional(),
  steps: z.array(
    z.looseObject({
      name: z.string(),
      state: z.string(),
      attempts: z.number(),
      startedAt: z.string().optional(),
      finishedAt: z.string().optional(),
    }),
  ),
  createdBy: z.string(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
})
export type BuildReply = z.infer<typeof BuildReply>

export const BuildPlanReply = z.looseObject({
  template: z.string(),
  host: z.string(),
  origin: z.string().optional(),
  skipped: z.string().optional(),
  steps: z.array(z.looseObject({ step: z.string(), lines: z.array(z.string()) })),
})
export type BuildPlanReply = z.infer<typeof BuildPlanReply>

export const BuildLogReply = z.looseObject({
  step: z.string().optional(),
  at: z.string(),
  text: z.string(),
})
