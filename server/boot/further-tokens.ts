// The token that an installer gets that is known by its MAC address. It is the same however often and by whomever it is asked for:
// of more than MOST_FURTHER_TOKENS the oldest end, and that may be the one that the host uses.
import type { InstallLog } from '#app/ports/installs.ts'
import { Newest } from '../newest.ts'

/** What is remembered at most; for others a further one is made. */
const MOST_INSTALLS = 10_000

export class FurtherTokens {
  readonly #installs: Pick<InstallLog, 'addToken' | 'authenticateToken'>
  readonly #tokens = new Newest<string, Promise<string>>(MOST_INSTALLS)

  constructor(installs: Pick<InstallLog, 'addToken' | 'authenticateToken'>) {
    this.#installs = installs
  }

  /** @throws InstallNotFound, InstallClosed */
  of(install: string): Promise<string> {
    const token = this.#current(install, this.#tokens.get(install))
    this.#tokens.set(install, token)
    return token
  }

  /** Another process may have made so many that this one has ended. */
  async #current(install: string, before: Promise<string> | undefined): Promise<string> {
    const token = await before?.catch(() => undefined)
    const isGood = token !== undefined && (await this.#installs.authenticateToken(token)) !== undefined
    return isGood ? token : this.#installs.addToken(install)
  }
}
