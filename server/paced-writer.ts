// Writes that resolve when the kernel has taken the bytes, and fail when the reader goes away.
import type { Response } from 'express'

export class PacedWriter implements Disposable {
  readonly #response: Response
  readonly #leave = () => this.#reject?.(readerLeft())
  #reject: ((error: Error) => void) | undefined

  constructor(response: Response) {
    this.#response = response
    // Of the socket, not the response: a pipelined answer that waits for its turn is never closed itself.
    response.req.socket.once('close', this.#leave)
  }

  /** Afterwards the buffer may be used again. @throws ERR_STREAM_PREMATURE_CLOSE */
  write(piece: Uint8Array): Promise<void> {
    if (this.#response.destroyed || this.#response.req.socket.destroyed) return Promise.reject(readerLeft())
    return new Promise((resolve, reject) => {
      this.#reject = reject
      this.#response.write(piece, (error) => (error ? reject(readerLeft(error)) : resolve()))
    })
  }

  [Symbol.dispose](): void {
    this.#response.req.socket.off('close', this.#leave)
  }
}

function readerLeft(cause?: Error): Error {
  return Object.assign(new Error('the reader went away', { cause }), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}
