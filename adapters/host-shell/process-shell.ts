/** Runs a host's commands as child processes of ours: here, in a sandbox host, or over ssh. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { HostShell } from '#app/ports.ts'
import { ProvisionError } from '#core/errors.ts'
import { commandFailed } from './command-failed.ts'

type Argv = readonly [string, ...string[]]

/** Turns the command for the host into the one that is started here. */
export type Wrap = (argv: Argv) => Argv

const DEFAULT_TIMEOUT_MS = 60_000
const MAX_OUTPUT = 16 * 1024 * 1024
const MAX_STDERR = 16 * 1024

export class ProcessShell implements HostShell {
  readonly #wrap: Wrap
  readonly #overSsh: boolean

  constructor(wrap: Wrap, { overSsh = false }: { overSsh?: boolean } = {}) {
    this.#wrap = wrap
    this.#overSsh = overSsh
  }

  async run(argv: Argv, options: { timeoutMs?: number; input?: string } = {}): Promise<string> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, input } = options
    const chunks: Buffer[] = []
    let size = 0
    const signal = AbortSignal.timeout(timeoutMs)
    for await (const chunk of this.#output(argv, signal, input)) {
      size += chunk.byteLength
      if (size > MAX_OUTPUT) throw this.#failed(argv, 'too much output', '')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  }

  stream(argv: Argv, { signal }: { signal?: AbortSignal } = {}): Readable {
    return Readable.from(this.#output(argv, signal), { objectMode: false, highWaterMark: 1024 * 1024 })
  }

  /** The command's stdout; whoever stops reading ends the command. */
  async *#output(argv: Argv, signal?: AbortSignal, input = ''): AsyncGenerator<Buffer, undefined> {
    const [program, ...args] = this.#wrap(argv)
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      detached: true, // a process group of its own, so that what the command starts can be ended with it
    })
    const closed = endOf(child)
    closed.catch(() => undefined)
    const stop = (): void => {
      endGroup(child)
      child.stdout.destroy()
    }
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    let stderr = ''
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (stderr = (stderr + text).slice(-MAX_STDERR)))
    child.stdin.on('error', () => undefined) // a command that does not read its input
    child.stdin.end(input)
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer
      const exit = await closed
      if (exit !== 0) throw this.#failed(argv, exit, stderr)
    } catch (cause) {
      if (signal?.aborted) throw stopped(argv, signal.reason)
      if (cause instanceof ProvisionError) throw cause
      throw this.#failed(argv, (cause as Error).message, stderr, cause)
    } finally {
      signal?.removeEventListener('abort', stop)
      if (child.exitCode === null && child.signalCode === null) endGroup(child)
    }
    return undefined
  }

  #failed(argv: Argv, exit: number | string, stderr: string, cause?: unknown): Error {
    return commandFailed(argv, exit, stderr, {
      overSsh: this.#overSsh,
      ...(cause !== undefined && { cause }),
    })
  }
}

/** Ends the command and all that it started. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function endOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return code ?? signal ?? 'no exit code'
}

function stopped(argv: Argv, reason: unknown): ProvisionError {
  const why = reason instanceof Error ? reason.message : String(reason)
  return new ProvisionError('unavailable', 'CommandStopped', `${argv.join(' ')} was stopped: ${why}`, {
    cause: reason,
  })
}
