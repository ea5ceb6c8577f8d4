// What a job tells of itself while it is done: a hint for those who watch, no more.
import { ProvisionError } from '#core/errors.ts'
import type { Clock } from './ports/queue.ts'

/** `bytes` of `total`, where that is known; `code` says why the step is `failed`, `notices` what is worth a word at the end. */
export type Report = (progress: {
  step: string
  bytes: number
  total?: number
  code?: string
  notices?: readonly string[]
}) => Promise<void>

/** A step, and the bytes done so far, of `total` where that is known. */
export type Tell = (step: string, bytes: number, total?: number) => void

/** Progress is written down this often at most. */
const REPORT_EVERY_MS = 500

export function everySoOften(report: Report, clock: Clock): Tell {
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

/** What cannot get better by waiting ends the job; anything else leaves it for the next attempt. */
export function isFinalFailure(error: unknown, signal: AbortSignal): error is ProvisionError {
  return !signal.aborted && error instanceof ProvisionError && error.kind !== 'unavailable'
}

/** Nothing is reported of a failure after which the job is tried again. */
export async function reportFinalFailure(error: unknown, signal: AbortSignal, report: Report): Promise<void> {
  if (isFinalFailure(error, signal)) await report({ step: 'failed', bytes: 0, code: error.code })
}
