// Passes a stream through a program that reads stdin and writes stdout.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { ProvisionError } from '#core/errors.ts'

/** How a filter ended: its exit code and the last of what it said. */
export class FilterFailed extends Error {
  constructor(program: string, code: number | string, stderr: string) {
    super(`${program} ended with ${code}: ${stderr.trim().slice(-500)}`)
    this.name = 'FilterFailed'
  }
}

/**
 * Yields the program's output. A consumer that stops early ends the program.
 * @throws FilterFailed on a non-zero exit or a warning, ProgramMissing when it is not installed; a failure of `source` passes through
 */
export async function* runFilter(
  [program, ...args]: readonly [string, ...string[]],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], LC_ALL: 'C' } })
  const failure = new Promise<never>((_resolve, reject) => child.once('error', reject))
  failure.catch(() => undefined)
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  closed.catch(() => undefined)
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr = (stderr + String(text)).slice(-2000)))
  const fed = feed(child.stdin, source).catch((error: unknown) => {
    child.kill('SIGKILL')
    return { error }
  })
  try {
    for await (const chunk of child.stdout as Readable) yield chunk as Uint8Array
    const [code, signal] = await Promise.race([closed, failure])
    const problem = await fed
    if (problem) throw problem.error
    // bzip2 only warns of rubbish behind its stream, with exit code 0.
    if (code !== 0 || stderr !== '') throw new FilterFailed(program, code ?? signal ?? 'no code', stderr)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ProvisionError('unavailable', 'ProgramMissing', `${program} is not installed on the server`, {
      cause: error,
    })
  } finally {
    child.kill('SIGKILL')
  }
}

/** Writes all of `source` into the program. One that ended early (EPIPE) is judged by its exit code. */
async function feed(stdin: NodeJS.WritableStream, source: AsyncIterable<Uint8Array>): Promise<undefined> {
  let isOpen = true
  const gone = new Promise<void>((resolve) => {
    const close = () => {
      isOpen = false
      resolve()
    }
    stdin.once('error', close)
    stdin.once('close', close)
  })
  stdin.on('error', () => undefined)
  for await (const chunk of source) {
    // The source is read to its end even so: whoever feeds us waits for that.
    if (!isOpen || stdin.write(chunk)) continue
    const drained = new Promise<void>((resolve) => stdin.once('drain', resolve))
    await Promise.race([drained, gone])
  }
  stdin.end()
  return undefined
}
