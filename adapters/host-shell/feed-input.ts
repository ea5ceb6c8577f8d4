// Gives a command its input.
import type { Writable } from 'node:stream'

export type Input = string | AsyncIterable<Uint8Array>

/**
 * Writes `input` and ends it. A command that stops reading is no failure: its exit status tells. `onSourceFailed` is called
 * when the input itself breaks off.
 */
export function feedInput(stdin: Writable, input: Input, onSourceFailed: (error: unknown) => void): void {
  stdin.on('error', () => undefined) // a command that does not read its input
  if (typeof input === 'string') stdin.end(input)
  else feedStream(stdin, input).catch(onSourceFailed)
}

async function feedStream(stdin: Writable, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of input) {
    if (stdin.destroyed) return
    if (!stdin.write(chunk)) await drained(stdin)
  }
  stdin.end()
}

/** Also when nobody reads any more. */
function drained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stdin.off('drain', go).off('close', go)
      resolve()
    }
    if (stdin.destroyed) resolve()
    else stdin.once('drain', go).once('close', go)
  })
}
