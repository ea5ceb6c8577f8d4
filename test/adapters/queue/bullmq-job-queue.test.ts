import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import type { QueueEngine } from '#adapters/queue/queue-connection.ts'
import { ProvisionError } from '#core/errors.ts'
import { jobQueueContract } from '#test/contracts/job-queue.ts'
import { idleHandlers } from '#test/fixtures/idle-handlers.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { describeOnEveryEngine } from '#test/queue-engines.ts'
import { startWorker } from '#worker/start-worker.ts'

jobQueueContract('MemoryJobQueue', async () => {
  const queue = new MemoryJobQueue()
  return { queue, finish: async (id, error) => queue.finish(id, error) }
})

async function openQueue(engine: QueueEngine): Promise<BullmqJobQueue> {
  const queue = await BullmqJobQueue.open(engine)
  onTestFinished(() => queue.close())
  return queue
}

/** Runs a worker until the job has ended. */
async function finish(engine: QueueEngine, queue: BullmqJobQueue, id: string, error?: string): Promise<void> {
  const handlers = {
    ...idleHandlers,
    package: async () => {
      if (error !== undefined) throw new ProvisionError('conflict', 'ZoneRunning', error)
    },
  }
  const worker = await startWorker(engine, handlers, pino({ level: 'silent' }))
  await vi.waitFor(
    async () => expect((await queue.status(id))?.state).toBe(error === undefined ? 'completed' : 'failed'),
    { timeout: 10_000, interval: 20 },
  )
  await worker.close()
}

describeOnEveryEngine((engine) => {
  jobQueueContract('BullmqJobQueue', async () => {
    const queue = await openQueue(engine())
    return { queue, finish: (id, error) => finish(engine(), queue, id, error) }
  })

  test('the same id twice is one job while it waits', async () => {
    const queue = await openQueue(engine())
    const before = (await queue.unfinished('package')).length
    const data = { template: 'web', version: '2', host: 'h1', zone: 'web' }
    await Promise.all([1, 2, 3].map(() => queue.add('package', data, 'once')))
    const jobs = await queue.unfinished('package')
    expect(jobs).toHaveLength(before + 1)
    expect(jobs).toContainEqual(data)
  })

  test('a job that is said to have failed has its reason, however soon one asks', async () => {
    const queue = await openQueue(engine())
    const handlers = {
      ...idleHandlers,
      package: async () => {
        throw new ProvisionError('conflict', 'ZoneRunning', 'the zone is running')
      },
    }
    const worker = await startWorker(engine(), handlers, pino({ level: 'silent' }))
    const data = { template: 'web', version: '3', host: 'h1', zone: 'web' }
    for (let number = 0; number < 20; number++) {
      const id = `failing-${number}`
      await queue.add('package', data, id)
      let status = await queue.status(id)
      while (status?.state !== 'failed') status = await queue.status(id)
      expect(status.error).toBe('the zone is running')
    }
    await worker.close()
  })
})

test('a queue whose engine is away says QueueUnreachable', async () => {
  for (const engine of [
    { kind: 'redis', url: 'redis://127.0.0.1:1' },
    { kind: 'postgres', url: 'postgres://a:b@127.0.0.1:1/c' },
  ] as const)
    await expect(BullmqJobQueue.open(engine)).rejects.toMatchObject({
      code: 'QueueUnreachable',
      kind: 'unavailable',
    })
})
