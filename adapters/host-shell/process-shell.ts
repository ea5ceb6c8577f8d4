// Runs a host's commands as child processes of ours: here, in a sandbox host, or over ssh.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { HostShell, RunOptions } from '#app/ports/hosts.ts'
import { ProvisionError } from '#core/errors.ts'
import { commandFailed, hostUnreachable } from './command-failed.ts'
import { ended, endGroup } from './end-process.ts'
import { feedInput } from './feed-input.ts'

type Argv = readonly [string, ...string[]]

/** Turns the command for the host into the one that is started here. */
export type Wrap = (argv: Argv) => Argv

/** Whether a command that ended so says nothing but that the host is out of reach. */
export type IsLost = (exit: number | string, stderr: string) => boolean | Promise<boolean>

const DEFAULT_TIMEOUT_MS = 60_000
/** What more is refused; when somebody listens, its end is returned. */
const MAX_OUTPUT = 16 * 1024 * 1024
const MAX_STDERR = 16 * 1024

type OutputOptions = Pick<RunOptions, 'input' | 'onOutput'> & { signal?: AbortSignal | undefined }

export class ProcessShell implements HostShell {
  readonly #wrap: Wrap
  readonly #isLost: IsLost

  constructor(wrap: Wrap, isLost: IsLost = () => false) {
    this.#wrap = wrap
    this.#isLost = isLost
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<string> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, onOutput } = options
    const chunks: Buffer[] = []
    let size = 0
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    for await (const chunk of this.#output(argv, { ...options, signal })) {
      size += chunk.byteLength
      chunks.push(chunk)
      if (onOutput) while (chunks[0] && size - chunks[0].byteLength > MAX_OUTPUT) size -= shiftSize(chunks)
      else if (size > MAX_OUTPUT) throw commandFailed(argv, 'too much output', '')
    }
    const output = Buffer.concat(chunks)
    return (onOutput ? output.subarray(-MAX_OUTPUT) : output).toString()
  }

  stream(argv: Argv, { signal }: { signal?: AbortSignal } = {}): Readable {
    return Readable.from(this.#output(argv, { signal }), { objectMode: false, highWaterMark: 1024 * 1024 })
  }

  /** The command's stdout; whoever stops reading ends the command. */
  async *#output(
    argv: Argv,
    { signal, input = '', onOutput }: OutputOptions,
  ): AsyncGenerator<Buffer, undefined> {
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
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR)
      onOutput?.(text)
    })
    let broken: { error: unknown } | undefined
    feedInput(child.stdin, input, (error) => {
      broken = { error }
      stop()
    })
    const decoder = new StringDecoder('utf8')
    try {
      for await (const chunk of child.stdout) {
        onOutput?.(decoder.write(chunk as Buffer))
        yield chunk as Buffer
      }
      const exit = await closed
      if (broken) throw broken.error
      if (exit !== 0) throw await this.#failed(argv, exit, stderr)
    } catch (cause) {
      if (signal?.aborted || broken) await ended(child)
      if (broken) throw broken.error
      if (signal?.aborted) throw stopped(argv, signal.reason)
      if (cause instanceof ProvisionError) throw cause
      throw await this.#failed(argv, (cause as Error).message, stderr, cause)
    } finally {
      signal?.removeEventListener('abort', stop)
      if (child.exitCode === null && child.signalCode === null) endGroup(child)
    }
    return undefined
  }

  async #failed(argv: Argv, exit: number | string, stderr: string, cause?: unknown): Promise<ProvisionError> {
    if (await this.#isLost(exit, stderr)) return hostUnreachable(argv, exit, stderr)
    return commandFailed(argv, exit, stderr, cause !== undefined ? { cause } : {})
  }
}

function shiftSize(chunks: Buffer[]): number {
  return chunks.shift()?.byteLength ?? 0
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
