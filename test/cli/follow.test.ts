// Following events of a server that goes away and comes back.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { Client } from '#cli/client.ts'
import { followStream } from '#cli/follow.ts'

const patience = { firstMs: 10, mostMs: 20, totalMs: 200 }

async function serve(listener: RequestListener): Promise<{ server: Server; client: Client }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, client: new Client({ server: `http://127.0.0.1:${port}`, token: undefined }) }
}

test('a stream that breaks is followed on after the last event that came', async () => {
  const asked: unknown[] = []
  const { client } = await serve((request, response) => {
    asked.push(request.headers['last-event-id'])
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (asked.length === 1) response.write('id: 7\ndata: one\n\n', () => response.destroy())
    else response.end('id: 8\ndata: two\n\n')
  })
  const told: string[] = []
  for await (const data of followStream(client, '/events', patience)) told.push(data)
  expect(told).toEqual(['one', 'two'])
  expect(asked).toEqual([undefined, '7'])
})

test.each([502, 503, 504])('an answer of %i while it comes back is waited out', async (status) => {
  let asked = 0
  const { client } = await serve((_request, response) => {
    asked += 1
    if (asked > 1 && asked < 4) return response.writeHead(status).end('<html>bad gateway</html>')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (asked === 1) return response.write('id: 7\ndata: one\n\n', () => response.destroy())
    return response.end('id: 8\ndata: two\n\n')
  })
  const told: string[] = []
  for await (const data of followStream(client, '/events', { ...patience, totalMs: 60_000 })) told.push(data)
  expect([told, asked]).toEqual([['one', 'two'], 4])
})

test('a server that cannot serve at first is told at once, and so is one that refuses later', async () => {
  let asked = 0
  const { client } = await serve((_request, response) => {
    asked += 1
    if (asked === 1) return response.writeHead(503).end()
    if (asked === 3) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return response.write('id: 7\ndata: one\n\n', () => response.destroy())
  })
  const follow = () => followStream(client, '/events', { ...patience, totalMs: 60_000 })
  await expect(follow().next()).rejects.toMatchObject({ code: 'Http503' })
  const events = follow()
  await events.next()
  await expect(events.next()).rejects.toMatchObject({ code: 'Http404' })
})

test('a server that stays away ends it as unreachable, with the time that was waited', async () => {
  const { server, client } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('id: 1\ndata: one\n\n', () => {
      server.close()
      response.destroy()
    })
  })
  const events = followStream(client, '/events', { ...patience, totalMs: 1000 })
  expect((await events.next()).value).toBe('one')
  await expect(events.next()).rejects.toMatchObject({
    code: 'ServerUnreachable',
    exit: 3,
    message: expect.stringMatching(/^no answer from .*, for 1 s$/),
  })
})

test('a server that was never there is told at once', async () => {
  const { server, client } = await serve(() => undefined)
  server.close()
  await once(server, 'close')
  const events = followStream(client, '/events', { ...patience, totalMs: 3_600_000 })
  await expect(events.next()).rejects.toMatchObject({ code: 'ServerUnreachable' })
})
