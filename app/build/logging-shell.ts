// The build host's shell as steps see it: what they run and what it says is in the log, and it ends with the step.
import type { Readable } from 'node:stream'
import { shellQuote } from '#core/shell-quote.ts'
import type { HostShell, RunOptions } from '../ports/hosts.ts'
import type { BuildLog } from './build-log.ts'

type Argv = readonly [string, ...string[]]

/** of a command's output, for the failure that it may become */
const TAIL = 4096
const MAX_COMMAND = 500

export interface FailedCommand {
  error: unknown
  command: string
  output: string
}

export class LoggingShell implements HostShell {
  readonly #inner: HostShell
  readonly #log: BuildLog
  readonly #signal: AbortSignal
  /** the last command that failed */
  failed: FailedCommand | undefined

  constructor(inner: HostShell, log: BuildLog, signal: AbortSignal) {
    this.#inner = inner
    this.#log = log
    this.#signal = signal
  }

  async run(argv: Argv, options: RunOptions = {}): Promise<string> {
    const command = renderCommand(argv)
    this.#log.say(`$ ${command}`)
    let output = ''
    const onOutput = (text: string): void => {
      this.#log.write(text)
      output = (output + text).slice(-TAIL)
      options.onOutput?.(text)
    }
    try {
      return await this.#inner.run(argv, { ...options, signal: this.#with(options.signal), onOutput })
    } catch (error) {
      this.failed = { error, command, output }
      throw error
    }
  }

  stream(argv: Argv, { signal }: { signal?: AbortSignal } = {}): Readable {
    const command = renderCommand(argv)
    this.#log.say(`$ ${command}`)
    const stream = this.#inner.stream(argv, { signal: this.#with(signal) })
    stream.on('error', (error) => (this.failed = { error, command, output: '' }))
    return stream
  }

  #with(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#signal]) : this.#signal
  }
}

/** As it could be typed; a script among the words is shown by its beginning. */
export function renderCommand(argv: Argv): string {
  const typed = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word))).join(' ')
  const line = typed.replaceAll('\n', '; ')
  return line.length <= MAX_COMMAND ? line : `${line.slice(0, MAX_COMMAND)}…`
}
