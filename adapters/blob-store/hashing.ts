// Computes the digests that name a blob while its bytes pass by.
import { createHash } from 'node:crypto'
import type { StoredBlob } from '#app/ports/blobs.ts'
import type { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'

export class BlobHash {
  readonly #sha256 = createHash('sha256')
  readonly #sha1 = createHash('sha1')
  readonly #md5 = createHash('md5')
  #size = 0

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes)
    this.#sha1.update(bytes)
    this.#md5.update(bytes)
    this.#size += bytes.byteLength
  }

  /** @throws DigestMismatch when `expected` is given and differs */
  finish(expected?: Sha256): StoredBlob {
    const stored = {
      sha256: this.#sha256.digest('hex'),
      sha1: this.#sha1.digest('hex'),
      md5: this.#md5.digest('hex'),
      size: this.#size,
    }
    if (expected !== undefined && expected !== stored.sha256) {
      throw new ProvisionError(
        'invalid',
        'DigestMismatch',
        `sha256 of the ${stored.size} bytes received is ${stored.sha256}, expected ${expected}`,
      )
    }
    return stored
  }
}
