// What a job tells of itself while it is done: a hint for those who watch, no more.
import type { Clock } from './ports/queue.ts'

/** `bytes` of `total`, where that is known; `code` says why the step is `failed`, `notices` what is worth a word at the end. */
export type Report = (progress: {
  step: string
  bytes: number
  total?: number
  code?: string
  notices?: readonly string[]
}) => Promise<void>

/** Progress is written down this often at most. */
const REPORT_EVERY_MS = 500

export function everySoOften(
  report: Report,
  clock: Clock,
): (step: string, bytes: number, total?: number) => void {
  let last = -Infinity
  let lastStep = ''
  return (step, bytes, total) => {
    const now = clock.now().getTime()
    if (step === lastStep && now - last < REPORT_EVERY_MS) return
    last = now
    lastStep = step
    report({ step, bytes, ...(total !== undefined && { total }) }).catch(() => undefined)
  }
}
