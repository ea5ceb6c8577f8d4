// Node's lenient parser takes header lines that end in a bare LF, and waits for ever behind a request line that does and is
// followed by none (measured on node 24). Such a request gets the line ends of the standard before the parser sees it.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Bytes: a longer request line goes to the parser as it is, which refuses it. */
const LONGEST_LINE = 8 * 1024
/** milliseconds until the request line has to be there */
const LINE_TIMEOUT = 10_000
const LF = 0x0a
const CR = 0x0d

/** Makes the server look at the beginning of each connection first. */
export function completeBareRequestLines(server: Server): void {
  const handOver = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    let seen: Buffer = Buffer.alloc(0)
    socket.setTimeout(LINE_TIMEOUT, () => socket.destroy())
    const drop = () => socket.destroy()
    socket.on('error', drop)
    socket.on('end', drop)
    const look = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const begin = withLineEnds(seen)
      if (begin === undefined) return
      socket.off('data', look)
      socket.off('error', drop)
      socket.off('end', drop)
      socket.pause()
      socket.removeAllListeners('timeout')
      socket.setTimeout(0)
      for (const take of handOver) take.call(server, socket)
      socket.unshift(begin)
      socket.resume()
    }
    socket.on('data', look)
  })
}

/** The bytes for the parser; undefined: what follows the request line has to be waited for. */
function withLineEnds(seen: Buffer): Buffer | undefined {
  const end = seen.indexOf(LF)
  if (end < 0) return seen.length > LONGEST_LINE ? seen : undefined
  if (seen[end - 1] === CR) return seen
  const [next, afterNext] = [seen[end + 1], seen[end + 2]]
  if (next === undefined || (next === CR && afterNext === undefined)) return undefined
  const isOver = next === LF || (next === CR && afterNext === LF)
  return isOver
    ? Buffer.concat([
        seen.subarray(0, end),
        Buffer.from('\r\n\r\n'),
        seen.subarray(end + (next === LF ? 2 : 3)),
      ])
    : seen
}
