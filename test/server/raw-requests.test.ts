import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { converse } from './raw-socket.ts'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
const PATH = '/flash/mysql/1.0.tar.gz'

beforeAll(async () => {
  served = await serve()
  await addVersion(served.services, { bytes: Buffer.from('0123456789') })
  await served.services.catalog.setPublic('mysql', true)
})
afterAll(() => served[Symbol.asyncDispose]())

const request = (...lines: string[]) =>
  converse(served.port, [...lines, 'Host: test', 'Connection: close', '', ''].join('\r\n'))
const statusOf = (answer: string) => Number(answer.split(' ')[1])
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

describe('odd Range headers', () => {
  test.each([
    ['Range: bytes=0-4', 206, '01234'],
    ['range:bytes=-3', 206, '789'],
    ['Range: bytes=9-9', 206, '9'],
    ['Range: bytes=5-4', 200, '0123456789'],
    ['Range: bytes=a-b', 200, '0123456789'],
    ['Range: bytes', 200, '0123456789'],
    ['Range:', 200, '0123456789'],
    ['Range: items=0-4', 200, '0123456789'],
    ['Range: bytes=0-4;q=1', 200, '0123456789'],
    ['Range: bytes=0-1\r\nRange: bytes=5-6', 200, '0123456789'],
  ])('%s is answered %i', async (header, status, body) => {
    const answer = await request(`GET ${PATH} HTTP/1.1`, header)
    expect([statusOf(answer), bodyOf(answer)]).toEqual([status, body])
  })

  test.each([
    'Range: bytes=18446744073709551616-',
    'Range: bytes=10-',
    'Range: bytes=-0',
    `Range: bytes=${'0-1,'.repeat(2000)}0-1`,
  ])('%s is refused', async (header) => {
    expect(statusOf(await request(`GET ${PATH} HTTP/1.1`, header))).toBe(416)
  })
})

describe('malformed requests', () => {
  test('a path that is not percent-encoded properly is invalid, in the form of every failure', async () => {
    const answer = await request('GET /flash/%ff%fe/1.0.tar HTTP/1.1')
    expect(statusOf(answer)).toBe(400)
    expect(JSON.parse(bodyOf(answer))).toMatchObject({ code: 'MalformedPath' })
  })

  test('dots in a path lead nowhere', async () => {
    for (const path of [
      '/flash/../../etc/passwd',
      '/flash/mysql/..%2f..%2fetc%2fpasswd',
      '/blobs/sha256/../../x',
      '//flash/mysql',
    ]) {
      expect(statusOf(await request(`GET ${path} HTTP/1.1`))).toBe(404)
    }
  })

  test('headers beyond the limit are refused by the listener', async () => {
    expect(statusOf(await request(`GET ${PATH} HTTP/1.1`, `X: ${'x'.repeat(20_000)}`))).toBe(431)
  })

  test('HTTP/1.0 gets the whole artifact', async () => {
    expect(bodyOf(await request(`GET ${PATH} HTTP/1.0`))).toBe('0123456789')
  })
})

test('one connection carries many requests, and pipelined ones are answered in order', async () => {
  const one = (range: string) => `GET ${PATH} HTTP/1.1\r\nHost: test\r\nRange: bytes=${range}\r\n\r\n`
  const last = `GET ${PATH} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`
  const answer = await converse(
    served.port,
    one('0-2') + one('3-5') + `HEAD ${PATH} HTTP/1.1\r\nHost: test\r\n\r\n` + last,
  )
  const bodies = answer
    .split(/HTTP\/1\.1 /)
    .slice(1)
    .map((part) => `${part.slice(0, 3)} ${bodyOf(part)}`)
  expect(bodies).toEqual(['206 012', '206 345', '200 ', '200 0123456789'])
})

test('no answer says what the server is made of', async () => {
  expect((await request(`GET ${PATH} HTTP/1.1`)).toLowerCase()).not.toMatch(/x-powered-by|express|node/)
})
