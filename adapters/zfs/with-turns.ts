// Lets everything else of the process have its turn between pieces that come without any wait, such as those of holes.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Passed on in a few milliseconds. */
const TURN_BYTES = 16 * 1024 ** 2

export async function* withTurns(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = TURN_BYTES
  for await (const piece of pieces) {
    yield piece
    left -= piece.byteLength
    if (left > 0) continue
    await nextTurn()
    left = TURN_BYTES
  }
}
