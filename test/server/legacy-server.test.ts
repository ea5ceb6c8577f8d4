import { connect, type AddressInfo } from 'node:net'
import { text as streamText } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLegacyServer } from '#server/legacy-server.ts'
import { createProcessShared } from '#server/process-shared.ts'
import { converse } from './raw-socket.ts'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
let legacy: ReturnType<typeof createLegacyServer>
let port: number
let token: string

beforeAll(async () => {
  served = await serve()
  await addVersion(served.services, { bytes: Buffer.from('0123456789') })
  await addVersion(served.services, { template: 'web', bytes: Buffer.from('abcdefghij') })
  await served.services.catalog.setPublic('mysql', true)
  const plan = { zones: [], templates: [{ name: 'web', version: '1.0' }] }
  token = (await served.services.installs.arm('h1', plan, 3_600_000)).secret
  legacy = createLegacyServer(served.services, createProcessShared(served.services))
  await new Promise<void>((resolve) => legacy.listen(0, '127.0.0.1', resolve))
  port = (legacy.address() as AddressInfo).port
})
afterAll(async () => {
  legacy.closeAllConnections()
  await new Promise((resolve) => legacy.close(resolve))
  await served[Symbol.asyncDispose]()
})

const bare = (...lines: string[]) => [...lines, 'Host: test:7071', 'Connection: close', '', ''].join('\n')
const statusOf = (answer: string) => Number(answer.split(' ')[1])
const headOf = (answer: string) => answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

describe('lines that end with a bare LF', () => {
  test('a HEAD of an old installer is answered with the size and no body', async () => {
    const answer = await converse(port, 'HEAD /flash/mysql/1.0.tar.gz HTTP/1.0\nHost: x\n\n')
    expect(statusOf(answer)).toBe(200)
    expect(headOf(answer)).toContain('\ncontent-length: 10')
    expect(headOf(answer)).toContain('\nconnection: close')
    expect(bodyOf(answer)).toBe('')
  })

  test.each([
    ['bytes=4-6', '456', 'bytes 4-6/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
  ])('a GET of %s is answered with exactly that', async (range, body, told) => {
    const answer = await converse(port, bare('GET /flash/mysql/1.0.tar.gz HTTP/1.1', `Range: ${range}`))
    expect([statusOf(answer), bodyOf(answer)]).toEqual([206, body])
    expect(headOf(answer)).toContain(`\ncontent-range: ${told}`)
    expect(headOf(answer)).toContain(`\ncontent-length: ${body.length}`)
  })

  test('every header has exactly one space behind its colon', async () => {
    const head = headOf(await converse(port, bare('GET /flash/mysql/1.0.tar.gz HTTP/1.1')))
    for (const line of head.split('\r\n').slice(1)) expect(line).toMatch(/^[a-z0-9-]+: \S/)
  })

  test('the main listener refuses them', async () => {
    for (const text of [
      'HEAD /flash/mysql/1.0.tar.gz HTTP/1.0\nHost: x\n\n',
      bare('GET /flash/mysql/1.0.tar.gz HTTP/1.1'),
      'GET /flash/mysql/1.0.tar.gz HTTP/1.1\r\nHost: x\nConnection: close\r\n\r\n',
      'GET /flash/mysql/1.0.tar.gz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\n',
    ])
      expect(statusOf(await converse(served.port, text))).toBe(400)
  })

  test.each([
    'GET /flash/mysql/1.0.tar.gz HTTP/1.0\n\n',
    'GET /flash/mysql/1.0.tar.gz HTTP/1.0\n\r\n',
    'GET /flash/mysql/1.0.tar.gz HTTP/1.0\r\n\r\n',
  ])('a request without any header is answered: %j', async (text) => {
    const answer = await converse(port, text)
    expect([statusOf(answer), bodyOf(answer)]).toEqual([200, '0123456789'])
  })

  test('who closes its side behind the request gets the answer', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.end('GET /flash/mysql/1.0.tar.gz HTTP/1.0\nHost: x\n\n')
    expect(bodyOf(await streamText(socket))).toBe('0123456789')
  })

  test('a request that comes a byte at a time is answered', async () => {
    for (const text of [
      'GET /flash/mysql/1.0.tar.gz HTTP/1.0\n\n',
      bare('GET /flash/mysql/1.0.tar.gz HTTP/1.0'),
    ]) {
      const socket = connect(port, '127.0.0.1').setNoDelay(true)
      for (const byte of text) await new Promise((resolve) => socket.write(byte, resolve))
      expect(bodyOf(await streamText(socket))).toBe('0123456789')
    }
  })

  test('lines that end as they should are taken as well', async () => {
    const answer = await converse(port, bare('GET /flash/mysql/1.0.tar.gz HTTP/1.1').replaceAll('\n', '\r\n'))
    expect([statusOf(answer), bodyOf(answer)]).toEqual([200, '0123456789'])
  })
})

describe('who may fetch what', () => {
  test('a template that is not public needs the token of an install that plans it, in the query or the path', async () => {
    const statuses = async (...paths: string[]) => {
      const answers = paths.map((path) => converse(port, bare(`GET ${path} HTTP/1.0`)))
      return (await Promise.all(answers)).map((answer) => [statusOf(answer), bodyOf(answer).slice(0, 10)])
    }
    expect(
      await statuses(`/flash/web/1.0.tar.gz?token=${token}`, `/js/h1/${token}/flash/web/1.0.tar.gz`),
    ).toEqual([
      [200, 'abcdefghij'],
      [200, 'abcdefghij'],
    ])
    for (const [status] of await statuses(
      '/flash/web/1.0.tar.gz',
      '/flash/web/1.0.tar.gz?token=zi_wrong',
      '/js/h1/zi_wrong/flash/web/1.0.tar.gz',
      `/flash/web/1.0.tar.gz?token=${served.secrets.admin}`,
      `/js/h1/${served.secrets.admin}/flash/web/1.0.tar.gz`,
    ))
      expect(status).toBe(404)
  })

  test('a template that is open to jumpstart needs none', async () => {
    const status = async () => statusOf(await converse(port, bare('GET /flash/web/1.0.tar.gz HTTP/1.0')))
    expect(await status()).toBe(404)
    await served.services.catalog.setOpenTo('web', ['imgadm'])
    expect(await status()).toBe(404)
    await served.services.catalog.setOpenTo('web', ['jumpstart'])
    expect(await status()).toBe(200)
    expect((await served.call('GET', '/flash/web/1.0.tar.gz')).status).toBe(404)
    await served.services.catalog.setOpenTo('web', [])
  })

  test('there is no API, no console, no metrics, and nothing to write', async () => {
    for (const path of ['/api/v1/hosts', '/api/openapi.json', '/', '/metrics', '/healthz', '/queues'])
      expect(statusOf(await converse(port, bare(`GET ${path} HTTP/1.0`)))).toBe(404)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect(statusOf(await converse(port, bare(`${method} /js/h1/${token}/events HTTP/1.0`)))).toBe(405)
  })
})

describe('requests that are no good', () => {
  test('a body is refused, however it is announced', async () => {
    const get = 'GET /flash/mysql/1.0.tar.gz HTTP/1.1'
    expect(statusOf(await converse(port, bare(get, 'Content-Length: 3') + 'abc'))).toBe(400)
    expect(statusOf(await converse(port, bare(get, 'Transfer-Encoding: chunked') + '0\r\n\r\n'))).toBe(400)
  })

  test('of two requests on a connection the first alone is answered', async () => {
    const one = 'GET /flash/mysql/1.0.tar.gz HTTP/1.1\nHost: x\n\n'
    const answer = await converse(port, one + one)
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
    expect(bodyOf(answer).slice(0, 10)).toBe('0123456789')
  })

  test('a head beyond the limit is refused', async () => {
    const answer = await converse(port, bare('GET / HTTP/1.0', `X: ${'x'.repeat(9000)}`))
    expect(statusOf(answer)).toBe(431)
  })

  test('what is no request at all is refused', async () => {
    expect(statusOf(await converse(port, 'hello\n\n'))).toBe(400)
  })
})
