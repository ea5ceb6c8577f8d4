import { z } from 'zod'
import { TemplateName } from '../names.ts'
import { isTimeZone } from './time-zone.ts'

export const ScheduleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'expected a schedule name: a-z, 0-9 and "-", at most 48 characters')
export type ScheduleName = z.infer<typeof ScheduleName>

/** What becomes of the slots that passed while no server ran: one run for all of them, or none. */
export const MissedPolicy = z.enum(['run-once', 'skip'])
export type MissedPolicy = z.infer<typeof MissedPolicy>

/** What a person says about a schedule. */
export const ScheduleFields = z.strictObject({
  /** in node-cron's spelling; whether it is one is looked at by app/schedules/set-schedule.ts */
  cron: z.string().min(1).max(200),
  timeZone: z.string().max(64).refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin'),
  /** the templates to build, in this order */
  builds: z
    .array(TemplateName)
    .min(1)
    .max(64)
    .refine((names) => new Set(names).size === names.length, 'expected each template once'),
  missed: MissedPolicy.default('run-once'),
  /** builds also when nothing changed */
  force: z.boolean().default(false),
  enabled: z.boolean().default(true),
})
export type ScheduleFields = z.infer<typeof ScheduleFields>

export const Schedule = ScheduleFields.extend({
  name: ScheduleName,
  /** slots up to this one are dealt with */
  cursor: z.iso.datetime(),
  changedBy: z.string(),
  changedAt: z.iso.datetime(),
})
export type Schedule = z.infer<typeof Schedule>

/** What became of one template of a run. */
export const RunOutcome = z.object({
  template: TemplateName,
  /** `skipped`: nothing had changed. `refused`: the build could not be asked for. */
  outcome: z.enum(['requested', 'skipped', 'refused']),
  build: z.uuid().optional(),
  message: z.string(),
})
export type RunOutcome = z.infer<typeof RunOutcome>

export const ScheduleRun = z.object({
  id: z.uuid(),
  schedule: ScheduleName,
  /** the instant that the run is for */
  slot: z.iso.datetime(),
  /** `person`: `schedule run`, its slot is the time it was asked for */
  why: z.enum(['slot', 'person']),
  /** `waiting`: not all builds are asked for yet. `missed`: its slot had passed, and the schedule skips such. */
  state: z.enum(['waiting', 'done', 'missed']),
  /** how many earlier slots had passed without a run; 1000 may be more */
  missed: z.int(),
  builds: z.array(TemplateName),
  force: z.boolean(),
  outcomes: z.array(RunOutcome),
  actor: z.string(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
})
export type ScheduleRun = z.infer<typeof ScheduleRun>
