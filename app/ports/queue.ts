// Background work, and the time. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { JobData, JobName } from '#core/jobs.ts'

export interface JobStatus {
  id: string
  state: 'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'unknown'
  progress: unknown
  error: string | undefined
}

/** Background work. The same id twice is one job while it is waiting or active. */
export interface JobQueue {
  add<N extends JobName>(name: N, data: JobData<N>, id: string): Promise<string>
  /** Adds jobs that are done one after the other, all or none; one that fails for good fails those behind it. The ids must be new. */
  addChain<N extends JobName>(name: N, jobs: readonly { id: string; data: JobData<N> }[]): Promise<void>
  status(id: string): Promise<JobStatus | undefined>
  /** When the first of the jobs of this name was added that are still to be done or being done. */
  oldestUnfinished(name: JobName): Promise<Date | undefined>
}

export interface Clock {
  now(): Date
}
