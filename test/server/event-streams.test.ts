// What becomes of streams of events when the server stops.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { watchEventStreams } from '#server/event-streams.ts'

test('a stream of events is cut, another answer under way is let end', async () => {
  const goOn = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const media = request.url === '/events' ? 'text/event-stream' : 'text/plain'
    response.setHeader('content-type', media)
    response.write('begun\n')
    void goOn.promise.then(() => response.end('ended\n'))
  })
  const cut = watchEventStreams(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const [events, plain] = await Promise.all([fetch(`${url}/events`), fetch(`${url}/plain`)])
  const read = events.text().catch((error: unknown) => error)
  cut()
  expect(await read).toMatchObject({ message: 'terminated' })
  goOn.resolve()
  expect(await plain.text()).toBe('begun\nended\n')
})
