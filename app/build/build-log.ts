// What a step says, on its way into the build's log: in whole lines, masked, some at a time, and bounded whatever a script writes.
import { maskLog } from '#core/build/mask-log.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { BuildStore } from '../ports/builds.ts'

/** A reader sees a line after this long at most. */
const WRITE_EVERY_MS = 300
const WRITE_AT = 32 * 1024
/** What waits for a database that is slow or away; more is left out. */
const MAX_WAITING = 1024 * 1024
/** What is kept of the end of a step whose text is left out. */
const TAIL = 16 * 1024

export class BuildLog {
  readonly #builds: Pick<BuildStore, 'appendLog'>
  readonly #id: string
  readonly #step: BuildStepName | undefined
  readonly #secrets: readonly string[]
  /** a line that has not ended yet */
  #open = ''
  #waiting = ''
  #leftOut = 0
  #tail = ''
  #isFull = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    builds: Pick<BuildStore, 'appendLog'>,
    { id, step, secrets }: { id: string; step?: BuildStepName; secrets: readonly string[] },
  ) {
    this.#builds = builds
    this.#id = id
    this.#step = step
    this.#secrets = secrets
  }

  /** What a command writes, as it comes. */
  write(text: string): void {
    if (this.#isFull) return this.#leaveOut(this.#takeOpen() + text)
    const all = this.#open + text
    const end = all.length > WRITE_AT * 2 ? all.length : all.lastIndexOf('\n') + 1
    this.#open = all.slice(end)
    if (end > 0) this.#take(maskLog(all.slice(0, end), this.#secrets))
  }

  /** A line of our own. */
  say(line: string): void {
    this.write(`${this.#isInLine() ? '\n' : ''}${line.trimEnd()}\n`)
  }

  /** Writes what waits. It may be away for a while: what does not get through stays for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#writeWaiting())
    await this.#writing
  }

  /** The step is over: also the line that has no end, and the end of what was left out. */
  async close(): Promise<void> {
    if (this.#isInLine()) this.write('\n')
    await this.flush()
    if (this.#leftOut > 0) {
      const isWhole = this.#leftOut <= this.#tail.length // as of what is said behind an end that is written
      const end = isWhole ? this.#tail : this.#tail.slice(this.#tail.indexOf('\n') + 1)
      const tail = maskLog(end, this.#secrets)
      const kept = tail.endsWith('\n') || tail === '' ? tail : `${tail}\n`
      const note = isWhole ? '' : `[${this.#leftOut} characters are left out; this is the end of them]\n`
      await this.#builds.appendLog(this.#id, this.#step, note + kept, { last: true }).catch(() => undefined) // the log is no reason to fail
      this.#leftOut = 0
      this.#tail = ''
    }
    clearTimeout(this.#timer)
  }

  #isInLine(): boolean {
    return this.#open !== '' || (this.#isFull && this.#tail !== '' && !this.#tail.endsWith('\n'))
  }

  #takeOpen(): string {
    const open = this.#open
    this.#open = ''
    return open
  }

  #take(lines: string): void {
    if (this.#waiting.length + lines.length > MAX_WAITING) return this.#leaveOut(lines)
    this.#waiting += lines
    if (this.#waiting.length >= WRITE_AT) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS)
  }

  #leaveOut(text: string): void {
    this.#leftOut += text.length
    this.#tail = (this.#tail + text.slice(-TAIL)).slice(-TAIL)
  }

  async #writeWaiting(): Promise<void> {
    const text = this.#waiting
    if (text === '') return
    this.#waiting = ''
    try {
      if (await this.#builds.appendLog(this.#id, this.#step, text)) return
      this.#isFull = true
      this.#leaveOut(text)
    } catch {
      this.#waiting = text + this.#waiting
      this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS * 10)
    }
  }
}
