import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { decompress } from '#adapters/archive/decompress.ts'
import type { Compression } from '#core/manifest.ts'
import { shell } from '#test/archives.ts'

const plain = Buffer.from(
  Array.from({ length: 200_000 }, (_, index) => (index * 7919 + (index >> 8) * 31) & 0xff),
)
const programs: Record<Exclude<Compression, 'none'>, string> = {
  gzip: 'gzip -c',
  xz: 'xz -c',
  bzip2: 'bzip2 -c',
  zstd: 'zstd -qc',
}

function pieces(bytes: Uint8Array, step = 1000): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
    })(),
  )
}

const undo = (bytes: Uint8Array, compression: Compression, step?: number) =>
  buffer(decompress(pieces(bytes, step), compression))

describe.each(Object.entries(programs) as [Exclude<Compression, 'none'>, string][])(
  '%s',
  (compression, command) => {
    const packed = shell('/', command, plain)

    test('comes back as it was, in any pieces', async () => {
      expect(await undo(packed, compression)).toEqual(plain)
      expect(await undo(packed, compression, 1)).toEqual(plain)
      expect(await undo(packed, compression, packed.length)).toEqual(plain)
    })

    test('two streams in one file are both read, wherever the pieces meet', async () => {
      const both = Buffer.concat([packed, packed])
      const twice = Buffer.concat([plain, plain])
      for (const step of [999, packed.length, both.length]) {
        expect((await undo(both, compression, step)).equals(twice), `pieces of ${step}`).toBe(true)
      }
    })

    test('a cut is TruncatedStream, also in the second of two streams', async () => {
      const both = Buffer.concat([packed, packed])
      for (const cut of [
        packed.subarray(0, -1),
        packed.subarray(0, packed.length / 2),
        both.subarray(0, -3),
      ]) {
        await expect(undo(cut, compression)).rejects.toMatchObject({ code: 'TruncatedStream' })
      }
    })

    test('a flipped bit is a refusal', async () => {
      const damaged = Buffer.from(packed)
      const middle = packed.length >> 1
      damaged[middle] = (damaged[middle] ?? 0) ^ 0x40
      await expect(undo(damaged, compression)).rejects.toMatchObject({
        code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/),
      })
    })

    test('something else behind the stream is a refusal', async () => {
      const followed = Buffer.concat([packed, Buffer.from('and this is no stream of any kind')])
      await expect(undo(followed, compression)).rejects.toMatchObject({
        code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/),
      })
      await expect(undo(followed, compression, packed.length)).rejects.toMatchObject({
        code: expect.stringMatching(/^(CorruptStream|TruncatedStream)$/),
      })
    })

    test('a source that fails is not taken for a bad stream', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield packed.subarray(0, 100)
        throw new Error('the peer went away')
      }
      await expect(buffer(decompress(failing(), compression))).rejects.toThrow('the peer went away')
    })

    test('a consumer that stops early ends the work', async () => {
      for await (const chunk of decompress(pieces(packed), compression)) {
        expect(chunk.byteLength).toBeGreaterThan(0)
        break
      }
    })
  },
)

test('zeros behind a gzip stream are padding', async () => {
  const packed = shell('/', 'gzip -c', plain)
  const padded = Buffer.concat([packed, Buffer.alloc(5000)])
  expect(await undo(padded, 'gzip')).toEqual(plain)
  expect(await undo(padded, 'gzip', packed.length)).toEqual(plain)
})

test('an xz stream that needs too much memory is refused', async () => {
  const packed = shell('/', 'xz --lzma2=dict=512MiB -c', Buffer.from('small'))
  await expect(undo(packed, 'xz')).rejects.toMatchObject({ code: 'CorruptStream' })
})
