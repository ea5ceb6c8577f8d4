// Undoes compress(1) as a stream.
import { setImmediate as turn } from 'node:timers/promises'
import { LzwDecoder } from '#core/archive/lzw.ts'
import { refusal } from '#core/archive/refusals.ts'

/** A code of two bytes may become 64 KiB, so 64 KiB of input become 2 GiB: after so many bytes of output others have their turn. */
const BYTES_IN_A_TURN = 1024 ** 2
/** Above so many bytes it must not have grown by more than MAX_GROWTH. Far below that of other compressions: all of it is work of ours. */
const GROWTH_FLOOR = 256 * 1024 ** 2
const MAX_GROWTH = 500

/** Each piece is made when it is asked for. @throws CorruptStream, TruncatedStream, TooManyBytes for a bomb */
export async function* uncompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new LzwDecoder()
  let unpacked = 0
  let inThisTurn = 0
  for await (const chunk of source) {
    for (const piece of decoder.push(chunk)) {
      unpacked += piece.byteLength
      checkGrowth(unpacked, decoder.position)
      inThisTurn += piece.byteLength
      yield piece
      if (inThisTurn < BYTES_IN_A_TURN) continue
      inThisTurn = 0
      await turn()
    }
  }
  decoder.finish()
}

function checkGrowth(unpacked: number, received: number): void {
  if (unpacked <= GROWTH_FLOOR || unpacked <= received * MAX_GROWTH) return
  throw refusal(
    'TooManyBytes',
    `${received} bytes of compress have become ${unpacked}, expected less than ${MAX_GROWTH} times as many`,
  )
}
