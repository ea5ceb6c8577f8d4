// A tus client that stops where a test wants it to, over the restarts of its server.
import { expect } from 'vitest'
import type { MortalProduct } from './product-fixture.ts'

const PIECE = 64 * 1024
const protocol = { 'tus-resumable': '1.0.0' }

export class ResumableUpload {
  readonly #product: MortalProduct
  readonly #path: string
  readonly #bytes: Buffer<ArrayBuffer>

  private constructor(product: MortalProduct, path: string, bytes: Buffer<ArrayBuffer>) {
    this.#product = product
    this.#path = path
    this.#bytes = bytes
  }

  static async create(
    product: MortalProduct,
    { template, facts }: { template: string; facts: object },
    bytes: Buffer<ArrayBuffer>,
  ): Promise<ResumableUpload> {
    const metadata = { template, facts: JSON.stringify(facts), filename: 'zone.tar' }
    const answer = await product.now.call('/api/v1/uploads', {
      method: 'POST',
      headers: {
        ...protocol,
        'upload-length': String(bytes.byteLength),
        'upload-metadata': Object.entries(metadata)
          .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
          .join(','),
      },
    })
    expect(answer.status).toBe(201)
    const { pathname } = new URL(answer.headers.get('location') ?? '', product.now.url)
    return new ResumableUpload(product, pathname, bytes)
  }

  /** How many bytes the server has. */
  async offset(): Promise<number> {
    const answer = await this.#product.now.call(this.#path, { method: 'HEAD', headers: protocol })
    expect(answer.status).toBe(200)
    return Number(answer.headers.get('upload-offset'))
  }

  /** Sends from the server's offset up to `end`, then calls `cut`, which has to break the connection. */
  async sendUntil(end: number, cut: () => Promise<void>): Promise<void> {
    const sent = this.#send(await this.offset(), end, cut)
    await expect(sent).rejects.toThrow('fetch failed')
  }

  /** Sends what the server lacks. */
  async sendRest(): Promise<void> {
    const answer = await this.#send(await this.offset(), this.#bytes.byteLength)
    expect(answer.status).toBe(200)
  }

  /** The version that it became. */
  async result(): Promise<unknown> {
    const answer = await this.#product.now.call(`${this.#path}/result`)
    expect(answer.status).toBe(200)
    return answer.json()
  }

  async giveUp(): Promise<void> {
    const answer = await this.#product.now.call(this.#path, { method: 'DELETE', headers: protocol })
    expect(answer.status).toBe(204)
  }

  #send(from: number, to: number, cut?: () => Promise<void>): Promise<Response> {
    const bytes = this.#bytes
    let position = from
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const piece = bytes.subarray(position, Math.min(position + PIECE, to))
        position += piece.byteLength
        if (piece.byteLength > 0) controller.enqueue(piece)
        else if (cut === undefined) controller.close()
        else await cut()
      },
    })
    return this.#product.now.call(this.#path, {
      method: 'PATCH',
      headers: {
        ...protocol,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(from),
      },
      body,
      duplex: 'half',
    })
  }
}
