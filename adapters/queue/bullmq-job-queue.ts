import type { FlowJob, Job } from 'bullmq'
import type { JobQueue, JobStatus } from '#app/ports/queue.ts'
import { ProvisionError } from '#core/errors.ts'
import { jobData, type JobData, type JobName } from '#core/jobs.ts'
import { isStorable } from '#core/storable-text.ts'
import { createQueueBoard, type QueueBoard } from './queue-board.ts'
import { openQueue, QUEUE, type Opened, type Producers, type QueueEngine } from './queue-connection.ts'

/** How often a job is tried that fails for want of something that may come back, and how long finished ones are remembered. */
const options = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 5000 },
  removeOnComplete: { age: 7 * 86_400, count: 1000 },
  removeOnFail: { age: 30 * 86_400, count: 1000 },
}

const states: Record<string, JobStatus['state']> = {
  waiting: 'waiting',
  'waiting-children': 'waiting',
  prioritized: 'waiting',
  active: 'active',
  completed: 'completed',
  failed: 'failed',
  delayed: 'delayed',
}

/** The queue in BullMQ, on PostgreSQL or on Redis. Only its own jobs are in it: names and data are those of core/jobs.ts. */
export class BullmqJobQueue implements JobQueue {
  readonly #opened: Opened<Producers>

  private constructor(opened: Opened<Producers>) {
    this.#opened = opened
  }

  /** @throws QueueUnreachable */
  static async open(engine: QueueEngine): Promise<BullmqJobQueue> {
    return new BullmqJobQueue(await answered(engine.kind, () => openQueue(engine)))
  }

  async add<N extends JobName>(name: N, data: JobData<N>, id: string): Promise<string> {
    const jobId = toJobId(id)
    await answered('job queue', async () => {
      const { queue } = this.#opened.bull
      // BullMQ does not add an id that it remembers, also not when that job is long over.
      const there: Job | undefined = await queue.getJob(jobId)
      if (there && isOver(await there.getState())) await there.remove()
      await queue.add(name, jobData[name].parse(data), { ...options, jobId })
    })
    return id
  }

  async addChain<N extends JobName>(
    name: N,
    jobs: readonly { id: string; data: JobData<N> }[],
  ): Promise<void> {
    const [first, last] = [jobs[0], jobs.at(-1)]
    if (!first) return
    const flow = jobs.reduce<FlowJob | undefined>(
      (before, { id, data }) => ({
        name,
        queueName: QUEUE,
        data: jobData[name].parse(data),
        opts: { ...options, jobId: toJobId(id), ...(id !== last?.id && { failParentOnFailure: true }) },
        ...(before && { children: [before] }),
      }),
      undefined,
    )
    await answered('job queue', async () => {
      if (flow) await this.#opened.bull.flows.add(flow)
      // The PostgreSQL backend does not throw what stopped it.
      if (!(await this.#opened.bull.queue.getJob(toJobId(first.id))))
        throw new Error(`the chain that begins with ${first.id} was not added`)
    })
  }

  async status(id: string): Promise<JobStatus | undefined> {
    if (!isStorable(id)) return undefined
    return answered('job queue', async () => {
      const { queue } = this.#opened.bull
      // The state first: a job that ends between the two has its reason and its last progress all the same.
      const state = states[await queue.getJobState(toJobId(id))] ?? 'unknown'
      const job: Job | undefined = await queue.getJob(toJobId(id))
      return job && { id, state, progress: job.progress, error: job.failedReason }
    })
  }

  /** The data of the jobs that are still to be done or being done. */
  async unfinished<N extends JobName>(name: N): Promise<JobData<N>[]> {
    return (await this.#unfinished(name)).map((job) => jobData[name].parse(job.data) as JobData<N>)
  }

  async oldestUnfinished(name: JobName): Promise<Date | undefined> {
    const times = (await this.#unfinished(name)).map(({ timestamp }) => timestamp)
    return times.length > 0 ? new Date(Math.min(...times)) : undefined
  }

  async #unfinished(name: JobName): Promise<Job[]> {
    const jobs: Job[] = await answered('job queue', () =>
      this.#opened.bull.queue.getJobs(['waiting', 'prioritized', 'active', 'delayed']),
    )
    return jobs.filter((job) => job.name === name)
  }

  /** A board that shows this queue. */
  get board(): QueueBoard {
    return createQueueBoard(this.#opened.bull.queue)
  }

  async close(): Promise<void> {
    await this.#opened.close()
  }
}

function isOver(state: string): boolean {
  return state === 'completed' || state === 'failed'
}

/** BullMQ refuses ids that hold ":" and ids that are numbers. */
function toJobId(id: string): string {
  if (/^[0-9]+$/.test(id)) return `%i${id}`
  return id.replaceAll('%', '%25').replaceAll(':', '%3A')
}

async function answered<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
    throw new ProvisionError('unavailable', 'QueueUnreachable', `the ${what} does not answer: ${reason}`, {
      cause,
    })
  }
}
