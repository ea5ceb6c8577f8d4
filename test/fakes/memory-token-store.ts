import { randomUUID } from 'node:crypto'
import { hashSecret, newSecret } from '#adapters/secret/secret.ts'
import type { ApiToken, TokenStore } from '#app/ports/access.ts'
import type { Clock } from '#app/ports/queue.ts'
import type { Role } from '#core/role.ts'
import { assertStorable } from '#core/storable-text.ts'
import { tokenNotFound } from '#core/store-errors.ts'
import { systemClock } from './fake-clock.ts'

/** API tokens in a map by the hash of their secret. */
export class MemoryTokenStore implements TokenStore {
  readonly #byHash = new Map<string, ApiToken>()
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async create(
    name: string,
    role: Role,
    templates?: readonly string[],
  ): Promise<{ token: ApiToken; secret: string }> {
    assertStorable(name, 'token name')
    const secret = newSecret('zf_')
    const createdAt = this.#clock.now().toISOString()
    const token: ApiToken = {
      id: randomUUID(),
      name,
      role,
      ...(templates && { templates }),
      createdAt,
      lastUsedAt: undefined,
    }
    this.#byHash.set(hashSecret(secret).toString('hex'), token)
    return { token: { ...token }, secret }
  }

  async authenticate(secret: string): Promise<ApiToken | undefined> {
    const token = this.#byHash.get(hashSecret(secret).toString('hex'))
    if (!token) return undefined
    token.lastUsedAt = this.#clock.now().toISOString()
    return { ...token }
  }

  async list(): Promise<ApiToken[]> {
    return [...this.#byHash.values()].map((token) => ({ ...token }))
  }

  async revoke(id: string): Promise<void> {
    const found = [...this.#byHash].find(([, token]) => token.id === id)
    if (!found) throw tokenNotFound(id)
    this.#byHash.delete(found[0])
  }
}
