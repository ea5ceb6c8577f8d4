import { afterAll, beforeAll, describe } from 'vitest'
import type { QueueEngine } from '#adapters/queue/queue-connection.ts'
import { createTestDatabase } from './postgres-database.ts'
import { redisProgram, startTestRedis } from './redis-server.ts'

/** Runs a suite on an empty queue in PostgreSQL and on one in Redis; without redis-server that half is skipped aloud. */
export function describeOnEveryEngine(suite: (engine: () => QueueEngine) => void): void {
  describe('on PostgreSQL', () => {
    let close = async () => {}
    let engine: QueueEngine
    beforeAll(async () => {
      const { url, drop } = await createTestDatabase()
      engine = { kind: 'postgres', url }
      close = drop
    })
    afterAll(() => close())
    suite(() => engine)
  })

  const program = redisProgram
  describe.skipIf(program === undefined)('on Redis (needs redis-server)', () => {
    let close = async () => {}
    let engine: QueueEngine
    beforeAll(async () => {
      const { url, stop } = await startTestRedis(program ?? '')
      engine = { kind: 'redis', url }
      close = stop
    })
    afterAll(() => close())
    suite(() => engine)
  })
}
