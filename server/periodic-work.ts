// What every server does beside answering requests, a line each.
import { readCron } from '#adapters/schedule/node-cron-reader.ts'
import { reconcileBuilds } from '#app/build/reconcile-builds.ts'
import { promoteDue } from '#app/channels/promote-due.ts'
import { requestImageForms } from '#app/images/request-forms.ts'
import { collectAtNight } from '#app/gc/collect-garbage.ts'
import { requestScheduledBuild } from '#app/schedules/request-scheduled-build.ts'
import { tickSchedules } from '#app/schedules/tick-schedules.ts'
import { trimAudit } from '#app/trim-audit.ts'
import type { Services } from './services.ts'
import type { Tick } from './ticks.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND

export const periodicWork = (services: Services): Tick[] => [
  {
    name: 'schedules',
    everyMs: 2 * SECOND,
    run: (signal) =>
      tickSchedules(
        {
          ...services,
          readCron,
          requestBuild: requestScheduledBuild(services),
          onRefused: (err, schedule) =>
            services.log.warn({ err, schedule }, 'a schedule asked for a build in vain'),
          onFailure: (err, schedule) =>
            services.log.error({ err, schedule }, 'a schedule could not be run, it is tried again'),
        },
        signal,
      ),
  },
  {
    name: 'builds',
    everyMs: services.config.jobLockMs,
    run: async () => {
      const queued = await reconcileBuilds(services)
      if (queued > 0) services.log.warn({ queued }, 'queued builds that the queue had forgotten')
    },
  },
  {
    name: 'installs',
    everyMs: 60 * SECOND,
    run: async () => {
      const expired = await services.installs.expireOverdue()
      if (expired > 0) services.log.info({ expired }, 'the window of installs is over')
    },
  },
  {
    name: 'promotions',
    everyMs: 60 * SECOND,
    run: async () => {
      for (const { template, channel, to, why } of await promoteDue(services))
        services.log.info({ template, channel, to, why }, 'promoted a candidate')
    },
  },
  {
    name: 'images',
    everyMs: 60 * SECOND,
    run: async () => {
      const { jobs } = await requestImageForms({ actor: 'zoneflash', again: false }, services)
      if (jobs.length > 0) services.log.info({ jobs }, 'versions get the forms that clients want')
      const before = new Date(services.clock.now().getTime() - 24 * HOUR)
      const swept = await services.images.sweep(before)
      if (swept > 0) services.log.info({ swept }, 'forgot images that were never activated')
    },
  },
  {
    name: 'audit',
    everyMs: 24 * HOUR,
    run: async () => {
      const { auditDays } = services.config
      const forgotten = await trimAudit(auditDays, services)
      if (forgotten > 0) services.log.info({ forgotten, olderThanDays: auditDays }, 'trimmed the audit log')
    },
  },
  {
    name: 'garbage',
    everyMs: 24 * HOUR,
    // a server that is being put right is started often, and its administrator wants to look first
    afterMs: HOUR,
    run: async (signal) => {
      const went = await collectAtNight(services, signal)
      services.log.info({ went }, 'collected garbage')
    },
  },
]
