import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import type { QueueEngine } from '#adapters/queue/queue-connection.ts'
import { ProvisionError } from '#core/errors.ts'
import { idleHandlers } from '#test/fixtures/idle-handlers.ts'
import { describeOnEveryEngine } from '#test/queue-engines.ts'
import { startWorker, type Handler, type RunningWorker, type WorkerSettings } from '#worker/start-worker.ts'

const silent = pino({ level: 'silent' })
const dataOf = (version: string) => ({ template: 'web', version, host: 'h1', zone: 'web' })

async function openQueue(engine: QueueEngine): Promise<BullmqJobQueue> {
  const queue = await BullmqJobQueue.open(engine)
  onTestFinished(() => queue.close())
  return queue
}

async function runWorker(
  engine: QueueEngine,
  handler: Handler<'package'>,
  settings: WorkerSettings = {},
): Promise<RunningWorker> {
  const handlers = { ...idleHandlers, package: handler }
  const worker = await startWorker(engine, handlers, silent, { lockDurationMs: 1000, ...settings })
  onTestFinished(() => worker.close())
  return worker
}

function untilState(queue: BullmqJobQueue, id: string, state: string): Promise<void> {
  return vi.waitFor(async () => expect((await queue.status(id))?.state).toBe(state), {
    timeout: 20_000,
    interval: 20,
  })
}

describeOnEveryEngine((engine) => {
  test('a handler gets the data of its job and its progress can be seen', async () => {
    const queue = await openQueue(engine())
    const seen: unknown[] = []
    await runWorker(engine(), async (data, _signal, report) => {
      seen.push(data)
      await report({ step: 'packing', bytes: 5_000_000_000 })
    })
    await queue.add('package', dataOf('1'), 'progress')
    await untilState(queue, 'progress', 'completed')
    expect(seen).toEqual([dataOf('1')])
    expect((await queue.status('progress'))?.progress).toEqual({ step: 'packing', bytes: 5_000_000_000 })
  })

  test('what cannot get better by waiting is not tried again', async () => {
    const queue = await openQueue(engine())
    let attempts = 0
    await runWorker(engine(), async () => {
      attempts += 1
      throw new ProvisionError('conflict', 'ZoneRunning', 'zone web is running, expected it halted')
    })
    await queue.add('package', dataOf('2'), 'refused')
    await untilState(queue, 'refused', 'failed')
    expect(attempts).toBe(1)
    expect((await queue.status('refused'))?.error).toBe('zone web is running, expected it halted')
  })

  test('a flow that ends says so once, and a job that waits for its turn starts once in the log', async () => {
    const queue = await openQueue(engine())
    const lines: { level: number; msg: string; jobId: string; reason?: string }[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    let looks = 0
    const handlers = {
      ...idleHandlers,
      package: async () => {
        looks += 1
        if (looks < 4) return { againInMs: 1 }
        throw new ProvisionError('conflict', 'CommandFailed', 'customize.sh ended with 1')
      },
    }
    const worker = await startWorker(engine(), handlers, log, { lockDurationMs: 1000 })
    onTestFinished(() => worker.close())
    await queue.addChain(
      'package',
      ['first', 'second', 'third'].map((id) => ({ id, data: dataOf('8') })),
    )
    await untilState(queue, 'third', 'failed')
    await vi.waitFor(() => expect(lines.filter(({ msg }) => msg === 'job failed')).toHaveLength(3))
    const said = (msg: string) => lines.filter((line) => line.msg === msg)
    expect(said('job failed').map(({ level, jobId }) => [level, jobId])).toEqual([
      [40, 'first'],
      [20, 'second'],
      [20, 'third'],
    ])
    expect(said('job failed')[0]?.reason).toBe('customize.sh ended with 1')
    expect(said('job started').map(({ jobId }) => jobId)).toEqual(['first'])
    expect(said('job comes back later')).toHaveLength(1)
  })

  test('a job that is not tried again is given up, once', async () => {
    const queue = await openQueue(engine())
    const givenUp: unknown[] = []
    const refuse: Handler<'package'> = async () => {
      throw new ProvisionError('conflict', 'ZoneRunning', 'zone web is running, expected it halted')
    }
    await runWorker(engine(), refuse, {
      onGivenUp: async ({ name, data }) => void givenUp.push([name, data]),
    })
    await queue.add('package', dataOf('6'), 'given-up')
    await vi.waitFor(() => expect(givenUp).toEqual([['package', dataOf('6')]]), { timeout: 20_000 })
  })

  test('what may get better is tried again later', async () => {
    const queue = await openQueue(engine())
    const givenUp: unknown[] = []
    await runWorker(
      engine(),
      async () => {
        throw new ProvisionError('unavailable', 'HostUnreachable', 'host h1 does not answer')
      },
      { onGivenUp: async ({ name }) => void givenUp.push(name) },
    )
    await queue.add('package', dataOf('3'), 'later')
    await untilState(queue, 'later', 'delayed')
    expect(givenUp).toEqual([])
  })

  test('a worker that stops interrupts its job, and the next worker does it', async () => {
    const queue = await openQueue(engine())
    let started = () => {}
    const start = new Promise<void>((resolve) => (started = resolve))
    const first = await runWorker(engine(), async (_data, signal) => {
      started()
      await once(signal, 'abort')
      signal.throwIfAborted()
    })
    await queue.add('package', dataOf('4'), 'interrupted')
    await start
    await first.close()
    expect(await queue.status('interrupted')).toMatchObject({ state: 'waiting', error: undefined })
    await runWorker(engine(), async () => {})
    await untilState(queue, 'interrupted', 'completed')
  })

  test('the job of a worker that was killed is done by another', async () => {
    const queue = await openQueue(engine())
    const { kind, url } = engine()
    const child = fork(path.resolve(import.meta.dirname, '../fixtures/hanging-worker.ts'), [kind, url], {
      execArgv: [],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await queue.add('package', dataOf('5'), 'orphaned')
    await once(child, 'message')
    expect((await queue.status('orphaned'))?.state).toBe('active')
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    const done: unknown[] = []
    await runWorker(engine(), async (data) => void done.push(data))
    await untilState(queue, 'orphaned', 'completed')
    expect(done).toEqual([dataOf('5')])
  })
})
