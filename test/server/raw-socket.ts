// A socket that says exactly what a test wants said.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Opens a connection, sends `text`, and leaves reading to the caller. */
export async function say(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Sends `text` and returns all that comes until the server closes; the request must ask for that. */
export async function converse(port: number, text: string): Promise<string> {
  const socket = await say(port, text)
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => (answer += piece))
  await once(socket, 'close')
  return answer
}
