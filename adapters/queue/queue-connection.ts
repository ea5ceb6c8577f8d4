import {
  createPostgresBackend,
  FlowProducer,
  Queue,
  Worker,
  type Processor,
  type WorkerOptions,
} from 'bullmq'
import { Redis } from 'ioredis'

/** Where the jobs are: in Redis when there is one, else in PostgreSQL. */
export type QueueEngine = { kind: 'postgres'; url: string } | { kind: 'redis'; url: string }

/** Which engine a configuration means. */
export function chooseQueueEngine(databaseUrl: string, redisUrl: string | undefined): QueueEngine {
  return redisUrl === undefined ? { kind: 'postgres', url: databaseUrl } : { kind: 'redis', url: redisUrl }
}

/** The name under which BullMQ keeps our jobs. */
export const QUEUE = 'zoneflash'

/** A BullMQ class with the client that it does not close itself. */
export interface Opened<T> {
  bull: T
  close(): Promise<void>
}

/**
 * `migrate`: the schema is made under a lock by whoever comes first, server or worker. Without it a worker spins.
 * A pool of two: one for the calls, one for what waits.
 */
function postgres(url: string) {
  return { connectionString: url, max: 2, migrate: true, connectionTimeoutMillis: 10_000 }
}

/** What adds jobs and chains of jobs. */
export interface Producers {
  queue: Queue
  flows: FlowProducer
}

/** The producer's side. Calls fail soon when the engine is away: a request waits for them. */
export async function openQueue(engine: QueueEngine): Promise<Opened<Producers>> {
  if (engine.kind === 'postgres') {
    const connection = postgres(engine.url)
    const bull = new Queue(QUEUE, { connection }, createPostgresBackend)
    const queue = await ready(bull as unknown as Queue, async () => {})
    const flows = new FlowProducer({ connection }, createPostgresBackend)
    return withFlows(queue, flows as unknown as FlowProducer)
  }
  const redis = new Redis(engine.url, { maxRetriesPerRequest: 2 })
  redis.on('error', () => {})
  try {
    await redis.ping()
  } catch (error) {
    redis.disconnect()
    throw error
  }
  const queue = await ready(new Queue(QUEUE, { connection: redis }), async () => redis.disconnect())
  return withFlows(queue, new FlowProducer({ connection: redis }))
}

async function withFlows(queue: Opened<Queue>, producer: FlowProducer): Promise<Opened<Producers>> {
  const flows = await ready(producer, () => queue.close())
  return { bull: { queue: queue.bull, flows: flows.bull }, close: () => flows.close() }
}

/** The worker's side. It waits for an engine that is away. */
export async function openWorker(
  engine: QueueEngine,
  processor: Processor,
  options: Omit<WorkerOptions, 'connection'>,
): Promise<Opened<Worker>> {
  if (engine.kind === 'postgres') {
    const bull = new Worker(
      QUEUE,
      processor,
      { ...options, connection: postgres(engine.url) },
      createPostgresBackend,
    )
    return ready(bull as unknown as Worker, async () => {})
  }
  const redis = new Redis(engine.url, { maxRetriesPerRequest: null })
  redis.on('error', () => {})
  return ready(new Worker(QUEUE, processor, { ...options, connection: redis }), async () =>
    redis.disconnect(),
  )
}

interface BullClass {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}

async function ready<T extends BullClass>(bull: T, closeClient: () => Promise<void>): Promise<Opened<T>> {
  // An engine that goes away and comes back must not end the process; calls report it themselves.
  bull.on('error', () => {})
  try {
    await bull.waitUntilReady()
  } catch (error) {
    await bull.close().catch(() => {})
    await closeClient()
    throw error
  }
  return {
    bull,
    async close() {
      await bull.close()
      await closeClient()
    },
  }
}
