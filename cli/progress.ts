// Shows how far long work is: a bar when stderr is a terminal, plain lines when not.
import { SingleBar } from 'cli-progress'
import { renderBytes } from './output.ts'

export interface Progress {
  /** bytes so far */
  to(done: number): void
  /** Call it on success and on failure. */
  stop(): void
}

/** A line at most this often when there is no terminal. */
const LINE_EVERY_MS = 5000

/** `total` in bytes, 0 when nobody knows. */
export function startProgress(what: string, total: number): Progress {
  return process.stderr.isTTY ? startBar(what, total) : startLines(what, total)
}

function startBar(what: string, total: number): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    hideCursor: true,
    format:
      total > 0
        ? `${what} [{bar}] {percentage}% {done} of ${renderBytes(total)}, {eta_formatted} left`
        : `${what} {done}, {duration_formatted}`,
  })
  bar.start(total, 0, { done: renderBytes(0) })
  return {
    to: (done) => bar.update(total > 0 ? Math.min(done, total) : done, { done: renderBytes(done) }),
    stop: () => bar.stop(),
  }
}

function startLines(what: string, total: number): Progress {
  let last = performance.now()
  return {
    to(done) {
      if (performance.now() - last < LINE_EVERY_MS) return
      last = performance.now()
      const share = total > 0 ? ` of ${renderBytes(total)} (${Math.floor((100 * done) / total)} %)` : ''
      process.stderr.write(`${what}: ${renderBytes(done)}${share}\n`)
    },
    stop: () => undefined,
  }
}
