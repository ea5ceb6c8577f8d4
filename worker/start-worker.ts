import { DelayedError, UnrecoverableError, WaitingError, type Job } from 'bullmq'
import type { Logger } from 'pino'
import { openWorker, type QueueEngine } from '#adapters/queue/queue-connection.ts'
import { ProvisionError } from '#core/errors.ts'
import { jobData, type JobData, type JobName } from '#core/jobs.ts'

/** What a handler answers whose turn has not come: the job is done later, and that is no failed attempt. */
export type Later = { againInMs: number } | undefined

/** Does one job. It may have died at any line before and be run again: look, act, record. */
export type Handler<N extends JobName> = (
  data: JobData<N>,
  signal: AbortSignal,
  report: (progress: object | number) => Promise<void>,
) => Promise<Later | void>

/** One handler for each job: a missing or surplus one does not compile. */
export type Handlers = { [N in JobName]: Handler<N> }

/** A job that is not tried again. */
export type GivenUp = { [N in JobName]: { name: N; data: JobData<N> } }[JobName]

export interface RunningWorker {
  /** Takes no more jobs; those being done are interrupted and go back to the queue. */
  close(): Promise<void>
}

export interface WorkerSettings {
  /** jobs at a time */
  concurrency?: number
  /** after so long without a sign of life a worker counts as dead and its job goes to another */
  lockDurationMs?: number
  /** told of a job that is not tried again, also when it took its workers with it; a kill may come before */
  onGivenUp?: (job: GivenUp) => Promise<void>
}

/** A worker that was killed loses its job to the next one, but a job that kills its worker each time must end. */
const MAX_DEATHS = 5
/** How many jobs that come back later are known by name. */
const MAX_WAITING = 1000

/** Starts doing the jobs of the queue. */
export async function startWorker(
  engine: QueueEngine,
  handlers: Handlers,
  log: Logger,
  { concurrency = 1, lockDurationMs = 15_000, onGivenUp }: WorkerSettings = {},
): Promise<RunningWorker> {
  const closing = new AbortController()
  // One that looks each second whether its turn has come says so once.
  const waiting = new Set<string | undefined>()
  const opened = await openWorker(
    engine,
    async (job, token, signal) => {
      if (!waiting.has(job.id)) log.info({ jobId: job.id, job: job.name, data: job.data }, 'job started')
      const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])])
      let later: Later | void
      try {
        later = await doJob(job, handlers, stop)
      } catch (error) {
        if (closing.signal.aborted) {
          await job.moveToWait(token)
          throw new WaitingError()
        }
        throw forQueue(error)
      }
      if (later === undefined) return
      if (!waiting.has(job.id)) log.debug({ jobId: job.id, job: job.name, ...later }, 'job comes back later')
      if (waiting.size >= MAX_WAITING) waiting.clear() // of those that another worker ended
      waiting.add(job.id)
      await job.moveToDelayed(Date.now() + later.againInMs, token)
      throw new DelayedError()
    },
    {
      concurrency,
      lockDuration: lockDurationMs,
      stalledInterval: Math.ceil(lockDurationMs / 3),
      maxStalledCount: MAX_DEATHS,
    },
  )
  const { bull } = opened
  bull.on('completed', (job) => {
    waiting.delete(job.id)
    log.info({ jobId: job.id, job: job.name }, 'job done')
  })
  bull.on('failed', (job, error) => {
    waiting.delete(job?.id)
    logFailure(log, job, error)
    if (job && onGivenUp)
      tellGivenUp(job, onGivenUp).catch((cause: unknown) =>
        log.error({ jobId: job.id, err: cause }, 'what the failed job left stays until the next start'),
      )
  })
  bull.on('stalled', (jobId) => log.warn({ jobId }, 'job of a dead worker is taken up again'))
  bull.on('error', (error) => log.error({ err: error }, 'job queue'))
  return {
    async close() {
      closing.abort(new Error('the worker is stopping'))
      await opened.close()
    },
  }
}

/** What a zone, a host or a script refuses is no fault of the worker, and a job that fails for the one before it no news. */
function logFailure(log: Logger, job: Job | undefined, error: Error): void {
  const facts = { jobId: job?.id, job: job?.name, data: job?.data as unknown }
  if (job?.deferredFailure) log.debug({ ...facts, reason: error.message }, 'job failed')
  else if (reasonOf(error)) log.warn({ ...facts, ...reasonOf(error) }, 'job failed')
  else log.error({ ...facts, err: error }, 'job failed')
}

function reasonOf(error: Error): { code: string; reason: string } | undefined {
  const known = error instanceof ProvisionError ? error : error.cause
  if (!(known instanceof ProvisionError) || known.code === 'Unforeseen') return undefined
  return { code: known.code, reason: known.message }
}

async function doJob(job: Job, handlers: Handlers, signal: AbortSignal): Promise<Later | void> {
  const name = jobName(job.name)
  const parsed = jobData[name].safeParse(job.data)
  if (!parsed.success)
    throw new ProvisionError('invalid', 'WrongJobData', `job ${job.id} of ${name}: ${parsed.error.message}`)
  const handler = handlers[name] as Handler<JobName>
  return handler(parsed.data as JobData<JobName>, signal, (progress) => job.updateProgress(progress))
}

/** A job that is to be tried again has failed too, but is not in state failed. */
async function tellGivenUp(job: Job, onGivenUp: NonNullable<WorkerSettings['onGivenUp']>): Promise<void> {
  if (!Object.hasOwn(jobData, job.name) || !(await job.isFailed())) return
  const name = jobName(job.name)
  const { data } = jobData[name].safeParse(job.data)
  if (data) await onGivenUp({ name, data } as GivenUp)
}

function jobName(name: string): JobName {
  if (Object.hasOwn(jobData, name)) return name as JobName
  throw new ProvisionError('invalid', 'UnknownJob', `there is no job ${JSON.stringify(name)} in this version`)
}

/** What cannot get better by waiting is not tried again. */
function forQueue(error: unknown): unknown {
  if (!(error instanceof ProvisionError) || error.kind === 'unavailable') return error
  const final = new UnrecoverableError(error.message)
  final.cause = error
  return final
}
