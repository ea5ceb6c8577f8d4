// A PostgreSQL that a test stops and starts again. It may come back on another port, so the product reaches it through ours.
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '#adapters/embedded-postgres/embedded-postgres.ts'

export class BreakablePostgres {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-postgres-'))
  readonly #sockets = new Set<Socket>()
  #door: Server | undefined
  #running: EmbeddedPostgres | undefined
  #url = ''

  get url(): string {
    return this.#url
  }

  async start(): Promise<void> {
    chmodSync(this.#directory, 0o711)
    this.#running = await startEmbeddedPostgres(this.#directory, { fsync: 'off', full_page_writes: 'off' })
    if (this.#door) return
    this.#door = createServer((inner) => this.#join(inner)).listen(0, '127.0.0.1')
    await once(this.#door, 'listening')
    const address = this.#door.address()
    const url = new URL(this.#running.url)
    if (address !== null && typeof address === 'object') url.port = String(address.port)
    this.#url = url.href
  }

  #join(inner: Socket): void {
    const port = this.#running && new URL(this.#running.url).port
    if (port === undefined) return void inner.destroy()
    const outer = connect(Number(port), '127.0.0.1')
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined)
      one.once('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }

  /** The server ends, and every connection with it. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  async remove(): Promise<void> {
    await this.stop()
    for (const socket of this.#sockets) socket.destroy()
    this.#door?.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
