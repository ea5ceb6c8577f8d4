// What every server does beside answering requests, a line each.
import { collectAtNight } from '#app/gc/collect-garbage.ts'
import { trimAudit } from '#app/trim-audit.ts'
import type { Services } from './services.ts'
import type { Tick } from './ticks.ts'

const HOUR = 3_600_000

export const periodicWork = (services: Services): Tick[] => [
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
    run: async (signal) => {
      const went = await collectAtNight(services, signal)
      services.log.info({ went }, 'collected garbage')
    },
  },
]
