// Who offers wrong tokens too often has to wait. Tokens are too long to be guessed (adapters/secret/): this keeps a flood of
// guesses from the database and the log. Callers may share an address, so a token that was right lately is always looked up.
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Request, Response } from 'express'
import type { Clock } from '#app/ports/queue.ts'
import { ProvisionError } from '#core/errors.ts'
import { Newest } from './newest.ts'

const WINDOW = 60_000
/** What is remembered at most: the oldest is forgotten first. */
const MOST_ADDRESSES = 10_000
const MOST_TOKENS = 10_000

export class WrongTokens {
  readonly #clock: Clock
  readonly #most: number
  readonly #counts = new Newest<string, { wrong: number; until: number }>(MOST_ADDRESSES)
  readonly #right = new Newest<string, true>(MOST_TOKENS)

  /** `most` wrong tokens a minute are answered for what they are. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#counts.size
  }

  /** Looks a token up, unless its sender has to wait. @throws TooManyWrongTokens */
  async check<T>(
    secret: string,
    { request, response }: { request: Request; response: Response },
    lookUp: (secret: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const address = networkOf(request.socket.remoteAddress ?? '')
    const digest = createHash('sha256').update(secret).digest('base64')
    const now = this.#clock.now().getTime()
    const count = this.#counts.get(address)
    const mustWait = count !== undefined && count.until > now && count.wrong >= this.#most
    if (mustWait && !this.#right.get(digest)) {
      response.set('retry-after', String(Math.ceil((count.until - now) / 1000)))
      throw new ProvisionError(
        'throttled',
        'TooManyWrongTokens',
        'this address has offered too many wrong tokens, expected it to wait a minute',
      )
    }
    const found = await lookUp(secret)
    if (found === undefined) {
      this.#right.delete(digest)
      this.#count(address, now)
    } else {
      this.#right.set(digest, true)
    }
    return found
  }

  #count(address: string, now: number): void {
    const there = this.#counts.get(address)
    if (there && there.until > now) {
      there.wrong += 1
      return
    }
    this.#counts.set(address, { wrong: 1, until: now + WINDOW })
  }
}

/** One that has an IPv6 address has its whole /64. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return `${[...left, ...middle, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
