import type { Clock, JobQueue, JobStatus } from '#app/ports/queue.ts'
import { jobData, type JobData, type JobName } from '#core/jobs.ts'

interface MemoryJob extends JobStatus {
  name: JobName
  data: unknown
  added: Date
}

const unfinished = new Set<JobStatus['state']>(['waiting', 'active', 'delayed'])

/** A queue without a worker; a test plays the worker with {@link MemoryJobQueue.finish}. */
export class MemoryJobQueue implements JobQueue {
  /** in the order they were added */
  readonly jobs: MemoryJob[] = []
  readonly #clock: Clock

  constructor(clock: Clock = { now: () => new Date() }) {
    this.#clock = clock
  }

  async add<N extends JobName>(name: N, data: JobData<N>, id: string): Promise<string> {
    const there = this.jobs.findIndex((job) => job.id === id)
    if (there >= 0 && unfinished.has(this.jobs[there]?.state ?? 'unknown')) return id
    if (there >= 0) this.jobs.splice(there, 1)
    this.jobs.push({
      id,
      name,
      data: jobData[name].parse(data),
      added: this.#clock.now(),
      state: 'waiting',
      progress: 0,
      error: undefined,
    })
    return id
  }

  async addChain<N extends JobName>(
    name: N,
    jobs: readonly { id: string; data: JobData<N> }[],
  ): Promise<void> {
    for (const { id, data } of jobs) await this.add(name, data, id)
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const job = this.jobs.find((candidate) => candidate.id === id)
    return job && { id, state: job.state, progress: job.progress, error: job.error }
  }

  async oldestUnfinished(name: JobName): Promise<Date | undefined> {
    const [first] = this.jobs
      .filter((job) => job.name === name && unfinished.has(job.state))
      .toSorted((a, b) => a.added.getTime() - b.added.getTime())
    return first?.added
  }

  /** What a worker would write at the end of a job: completed, or failed with `error`. */
  finish(id: string, error?: string): void {
    const job = this.jobs.find((candidate) => candidate.id === id)
    if (!job) throw new Error(`no job ${id} was added`)
    job.state = error === undefined ? 'completed' : 'failed'
    job.error = error
  }
}
