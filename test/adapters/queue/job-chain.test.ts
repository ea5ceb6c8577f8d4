import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import type { QueueEngine } from '#adapters/queue/queue-connection.ts'
import { ProvisionError } from '#core/errors.ts'
import { idleHandlers } from '#test/fixtures/idle-handlers.ts'
import { describeOnEveryEngine } from '#test/queue-engines.ts'
import { startWorker, type Handler, type WorkerSettings } from '#worker/start-worker.ts'

const data = (version: string) => ({ template: 'web', version, host: 'h1', zone: 'web' })

async function openQueue(engine: QueueEngine): Promise<BullmqJobQueue> {
  const queue = await BullmqJobQueue.open(engine)
  onTestFinished(() => queue.close())
  return queue
}

async function work(engine: QueueEngine, handler: Handler<'package'>, settings: WorkerSettings = {}) {
  const handlers = { ...idleHandlers, package: handler }
  const worker = await startWorker(engine, handlers, pino({ level: 'silent' }), {
    lockDurationMs: 1000,
    ...settings,
  })
  onTestFinished(() => worker.close())
}

function untilState(queue: BullmqJobQueue, id: string, state: string): Promise<void> {
  return vi.waitFor(async () => expect((await queue.status(id))?.state).toBe(state), {
    timeout: 20_000,
    interval: 20,
  })
}

const chain = (name: string, length: number) =>
  Array.from({ length }, (_, index) => ({ id: `${name}:${index}`, data: data(`${name}.${index}`) }))

describeOnEveryEngine((engine) => {
  test('a chain is done in its order, one job at a time, however many are taken at once', async () => {
    const queue = await openQueue(engine())
    const jobs = chain('0', 16)
    await queue.addChain('package', jobs)
    expect((await queue.status('0:15'))?.state).toBe('waiting')
    const seen: string[] = []
    let atOnce = 0
    await work(
      engine(),
      async ({ version }) => {
        atOnce += 1
        expect(atOnce).toBe(1)
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(version)
        atOnce -= 1
      },
      { concurrency: 4 },
    )
    await untilState(queue, '0:15', 'completed')
    expect(seen).toEqual(jobs.map((job) => job.data.version))
  })

  test('a job that fails for good fails those behind it, undone, and each is given up', async () => {
    const queue = await openQueue(engine())
    const seen: string[] = []
    const givenUp: string[] = []
    await work(
      engine(),
      async ({ version }) => {
        seen.push(version)
        if (version === '1.1') throw new ProvisionError('conflict', 'ZoneRunning', 'the zone is running')
      },
      {
        onGivenUp: async (job) => {
          if (job.name === 'package') givenUp.push(job.data.version)
        },
      },
    )
    await queue.addChain('package', chain('1', 4))
    await untilState(queue, '1:1', 'failed')
    await untilState(queue, '1:3', 'failed')
    expect(seen).toEqual(['1.0', '1.1'])
    expect(givenUp).toContain('1.1')
  })

  test('a job whose turn has not come is done later, as often as it says so', async () => {
    const queue = await openQueue(engine())
    let calls = 0
    await work(engine(), async () => {
      calls += 1
      return calls < 8 ? { againInMs: 5 } : undefined
    })
    await queue.addChain('package', chain('2', 1))
    await untilState(queue, '2:0', 'completed')
    expect(calls).toBe(8)
    expect((await queue.status('2:0'))?.error).toBeUndefined()
  })
})
