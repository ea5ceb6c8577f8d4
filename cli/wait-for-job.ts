// Waits for a job of a worker, with a progress bar.
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Client } from './client.ts'
import { refused } from './failures.ts'
import { startProgress, type Progress } from './progress.ts'
import { JobReply } from './replies.ts'

const LOOK_EVERY_MS = 500

/** What a job says of itself; one that has said nothing yet may hold any value. */
const JobProgress = z
  .object({
    bytes: z.number().catch(0),
    total: z.number().catch(0),
    code: z.string().catch('JobFailed'),
    notices: z.array(z.string()).catch([]),
  })
  .catch({ bytes: 0, total: 0, code: 'JobFailed', notices: [] })

/** What is worth a word of a job that is over. @throws CliFailure with what stopped it */
export async function waitForJob(client: Client, id: string, what: string): Promise<string[]> {
  let progress: Progress | undefined
  try {
    for (;;) {
      const job = await client.call(JobReply, `/api/v1/jobs/${encodeURIComponent(id)}`)
      const { bytes, total, code, notices } = JobProgress.parse(job.progress ?? {})
      if (job.state === 'completed') return notices
      if (job.state === 'failed') throw refused(code, job.error ?? `job ${id} failed`)
      progress ??= bytes > 0 ? startProgress(what, total) : undefined
      progress?.to(bytes)
      await wait(LOOK_EVERY_MS)
    }
  } finally {
    progress?.stop()
  }
}
