// A Redis that a test stops, kills and starts again on its port, with what it had kept or without.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '#test/running-product.ts'

export class BreakableRedis {
  readonly #program: string
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-redis-'))
  #port = 0
  #child: ChildProcess | undefined

  constructor(program: string) {
    this.#program = program
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.#port ||= await freePort()
    const settings = {
      port: this.#port,
      bind: '127.0.0.1',
      dir: this.#directory,
      save: '',
      appendonly: 'yes',
      appendfsync: 'always',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    // setpriv: a test run that is killed takes it along
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', this.#program, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    for await (const line of createInterface(child.stdout))
      if (line.includes('Ready to accept connections')) break
    child.stdout.resume()
  }

  /** It hangs: connections stay and nobody answers. */
  suspend(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  forgetEverything(): void {
    for (const file of readdirSync(this.#directory))
      rmSync(path.join(this.#directory, file), { recursive: true, force: true })
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
