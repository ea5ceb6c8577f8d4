// Schedules: which templates are built when.
import { z } from 'zod'
import { readCron } from '#adapters/schedule/node-cron-reader.ts'
import {
  DescribedRun,
  DescribedSchedule,
  describeRun,
  describeSchedule,
} from '#app/schedules/describe-schedule.ts'
import { removeSchedule, runNow, setSchedule } from '#app/schedules/set-schedule.ts'
import { ScheduleFields, ScheduleName } from '#core/schedule/schema.ts'
import { route, type Route } from '../route.ts'
import { refuseOtherName } from '../same-name.ts'
import type { Services } from '../services.ts'

const OneSchedule = z.strictObject({ name: ScheduleName })
const ScheduleReply = DescribedSchedule.meta({
  id: 'Schedule',
  description: 'next: the next five runs; last: the last one, with what its builds are now',
})
const RunReply = DescribedRun.meta({ id: 'ScheduleRun' })

export const scheduleRoutes = (services: Services): Route[] => {
  const { schedules } = services
  const needs = { ...services, readCron }
  return [
    route({
      method: 'get',
      path: '/api/v1/schedules',
      role: 'viewer',
      summary: 'All schedules with their next five runs, and the last one',
      reply: z.array(ScheduleReply),
      handle: async () => Promise.all((await schedules.list()).map((one) => describeSchedule(one, needs))),
    }),
    route({
      method: 'get',
      path: '/api/v1/schedules/:name',
      role: 'viewer',
      summary: 'One schedule with its next five runs, and the last one',
      params: OneSchedule,
      reply: ScheduleReply,
      handle: async ({ params }) => describeSchedule(await schedules.get(params.name), needs),
    }),
    route({
      method: 'put',
      path: '/api/v1/schedules/:name',
      role: 'publisher',
      summary: 'Create or replace a schedule; slots count from now when its times change',
      params: OneSchedule,
      body: ScheduleFields.extend({ name: ScheduleName.optional() }),
      reply: ScheduleReply,
      async handle({ params, body: { name, ...fields }, token }) {
        refuseOtherName('schedule', params.name, name)
        const wanted = { ...fields, name: params.name, actor: token.name }
        return describeSchedule(await setSchedule(wanted, needs), needs)
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/schedules/:name',
      role: 'publisher',
      summary: 'Remove a schedule and the history of its runs; builds stay',
      params: OneSchedule,
      reply: z.undefined(),
      handle: ({ params, token }) => removeSchedule({ name: params.name, actor: token.name }, services),
    }),
    route({
      method: 'get',
      path: '/api/v1/schedules/:name/runs',
      role: 'viewer',
      summary: 'What became of the slots of a schedule, newest first',
      params: OneSchedule,
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(20) }),
      reply: z.array(RunReply),
      async handle({ params, query }) {
        const { name } = await schedules.get(params.name)
        const runs = await schedules.runs(name, query.limit)
        return Promise.all(runs.map((run) => describeRun(run, services)))
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/schedules/:name/runs',
      role: 'publisher',
      summary: 'Run a schedule now; a server takes it up within seconds',
      params: OneSchedule,
      status: 202,
      reply: RunReply,
      handle: ({ params, token }) => runNow({ name: params.name, actor: token.name }, services),
    }),
  ]
}
