// Counters for monitors, in the Prometheus text format.
import type { RequestHandler } from 'express'
import type { ChannelStore } from '#app/ports/channels.ts'
import { MoveKind } from '#core/channel/schema.ts'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { SendMeter } from './send-blob.ts'

/** One set of counters for each application. */
export class Metrics implements SendMeter {
  readonly #registry = new Registry()
  readonly #requests = new Counter({
    name: 'zoneflash_http_requests_total',
    help: 'Answers by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [this.#registry],
  })
  readonly #seconds = new Histogram({
    name: 'zoneflash_http_request_seconds',
    help: 'Time until an answer was over',
    labelNames: ['route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers: [this.#registry],
  })
  readonly #bytes = new Counter({
    name: 'zoneflash_artifact_bytes_total',
    help: 'Bytes of artifacts handed to the kernel',
    registers: [this.#registry],
  })
  readonly #readers = new Gauge({
    name: 'zoneflash_artifact_readers',
    help: 'Readers that artifacts are being sent to',
    registers: [this.#registry],
  })

  constructor(channels: Pick<ChannelStore, 'countMoves'>) {
    collectDefaultMetrics({ register: this.#registry })
    new Counter({
      name: 'zoneflash_channel_moves_total',
      help: 'Entries of all channels’ histories by kind; canary-back is a candidate that failed on a canary',
      labelNames: ['kind'],
      registers: [this.#registry],
      async collect() {
        // counted where they are kept, so that servers agree and a restart forgets none
        const counts = await channels.countMoves().catch(() => undefined)
        this.reset()
        for (const kind of counts ? MoveKind.options : []) this.inc({ kind }, counts?.[kind] ?? 0)
      },
    })
  }

  /** Counts an answer under its route's pattern: paths are without number, and hold secrets. */
  count(): RequestHandler {
    return (request, response, next) => {
      const stop = this.#seconds.startTimer()
      response.once('close', () => {
        // of several addresses of one thing the first names it
        const { path } = (request.route as { path?: string | string[] } | undefined) ?? {}
        const route = [path ?? 'none'].flat()[0] ?? 'none'
        this.#requests.inc({ method: request.method, route, status: response.statusCode })
        stop({ route })
      })
      next()
    }
  }

  readerCame(): void {
    this.#readers.inc()
  }

  readerWent(): void {
    this.#readers.dec()
  }

  sent(bytes: number): void {
    this.#bytes.inc(bytes)
  }

  /** Everything, as text, with its content type. */
  async text(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }
}
