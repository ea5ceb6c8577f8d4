// Archives for fault tests: zoneroots that no compressor shrinks, each of its own bytes.
import { createHash, randomBytes } from 'node:crypto'
import { pack } from 'tar-stream'

const megabyte = 1024 * 1024

/** A tar of a zoneroot with `megabytes` of random data. */
export async function randomArchive(megabytes: number): Promise<Buffer<ArrayBuffer>> {
  const stream = pack()
  for (const name of ['etc', 'usr', 'var']) stream.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  for (let number = 0; number < megabytes; number++)
    stream.entry({ name: `usr/data-${number}`, mode: 0o644 }, randomBytes(megabyte))
  stream.finalize()
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces)
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
