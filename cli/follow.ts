// Server-sent events as they arrive, across restarts of the server.
import { setTimeout as wait } from 'node:timers/promises'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type Client, unreachable } from './client.ts'
import { CliFailure, exitCode } from './failures.ts'

/** How a lost connection is made again: the first pause, doubled up to `most`, for at most `total` without success. */
export interface Patience {
  firstMs: number
  mostMs: number
  totalMs: number
}

const defaultPatience: Patience = { firstMs: 500, mostMs: 5000, totalMs: 30_000 }

/**
 * The data of each event, once, until the server ends the stream. A connection that breaks is made again where it was.
 * @throws ServerUnreachable when that does not succeed for long
 */
export async function* followStream(
  client: Client,
  route: string,
  patience: Patience = defaultPatience,
): AsyncGenerator<string, undefined> {
  let lastId: string | undefined
  let lost: { since: number; pause: number } | undefined
  for (;;) {
    try {
      for await (const { id, data } of readStream(client, route, lastId, () => {
        if (lost) process.stderr.write('zoneflash: connected again\n')
        lost = undefined
      })) {
        lastId = id ?? lastId
        yield data
      }
      return undefined
    } catch (error) {
      if (!(error instanceof CliFailure) || !isPassing(error)) throw error
      if (!lost && !(error instanceof Broken)) throw error
      if (!lost) process.stderr.write(`zoneflash: ${error.message}; trying again\n`)
      lost ??= { since: performance.now(), pause: patience.firstMs }
      if (performance.now() - lost.since + lost.pause > patience.totalMs) {
        const seconds = Math.round(patience.totalMs / 1000)
        throw new CliFailure(exitCode.unreachable, error.code, `${error.message}, for ${seconds} s`, {
          cause: error,
        })
      }
      await wait(lost.pause)
      lost.pause = Math.min(lost.pause * 2, patience.mostMs)
    }
  }
}

/** What may be over soon: no answer, or that of a server, or of a proxy before it, which cannot serve now. */
function isPassing({ exit, status }: CliFailure): boolean {
  return exit === exitCode.unreachable || [502, 503, 504].includes(status ?? 0)
}

/** The stream was there and broke. */
class Broken extends CliFailure {}

async function* readStream(
  client: Client,
  route: string,
  lastId: string | undefined,
  onOpen: () => void,
): AsyncGenerator<EventSourceMessage, undefined> {
  const headers = {
    accept: 'text/event-stream',
    ...(lastId !== undefined && { 'last-event-id': lastId }),
  }
  const reply = await client.open(route, { headers })
  onOpen()
  const waiting: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => waiting.push(event) })
  for await (const text of chunksOf(client, reply)) {
    parser.feed(text)
    yield* waiting.splice(0)
  }
  return undefined
}

async function* chunksOf(client: Client, reply: Response): AsyncGenerator<string, undefined> {
  const chunks = (reply.body ?? new ReadableStream<Uint8Array>())
    .pipeThrough(new TextDecoderStream())
    .getReader()
  try {
    for (;;) {
      const { done, value } = await chunks.read().catch((cause: unknown) => {
        const { code, message } = unreachable(client.server, cause)
        throw new Broken(exitCode.unreachable, code, message, { cause })
      })
      if (done) return undefined
      yield value
    }
  } finally {
    await chunks.cancel().catch(() => undefined) // it broke, or nobody reads on
  }
}
