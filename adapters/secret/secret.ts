import { createHash, randomBytes } from 'node:crypto'

/** `zf_` for API tokens, `zi_` for install tokens. */
export type SecretPrefix = 'zf_' | 'zi_'

/** A new random secret: the prefix and 32 characters that need no quoting in a URL (192 bits). */
export function newSecret(prefix: SecretPrefix): string {
  return prefix + randomBytes(24).toString('base64url')
}

/** Whether `text` has the shape of such a secret; anything else need not be looked up. */
export function isSecret(prefix: SecretPrefix, text: string): boolean {
  return text.startsWith(prefix) && /^[A-Za-z0-9_-]{32}$/.test(text.slice(prefix.length))
}

/** What is kept of a secret: its sha256. The secret is random, so it needs neither salt nor a slow hash. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
