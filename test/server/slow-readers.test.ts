import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { say } from './raw-socket.ts'
import { addVersion, serve, type Served } from './served.ts'

const SIZE = 32 * 1024 * 1024
const PATH = '/flash/mysql/1.0.tar'
const REQUEST = `GET ${PATH} HTTP/1.1\r\nHost: test\r\n\r\n`

let served: Served
let sha256: string
let sockets: Socket[]

beforeEach(async () => {
  sockets = []
  served = await serve()
  sha256 = await addVersion(served.services, { bytes: Buffer.alloc(SIZE, 'zone'), compression: 'none' })
  await served.services.catalog.setPublic('mysql', true)
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await served[Symbol.asyncDispose]()
})

/** A reader that takes the first bytes and then no more. */
async function stall(): Promise<void> {
  const socket = await say(served.port, REQUEST)
  sockets.push(socket)
  await once(socket, 'readable')
}

const openHandles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes(sha256)
    } catch {
      return false
    }
  }).length

const gauge = async () => {
  const { text } = await served.call('GET', '/metrics')
  return Number(/^zoneflash_artifact_readers (\d+)$/m.exec(text)?.[1])
}

test('two hundred stalled readers hold less than 64 MB together', async () => {
  // The first readers also pay for what the process compiles and keeps, whoever comes.
  await Promise.all(Array.from({ length: 20 }, stall))
  for (const socket of sockets) socket.resetAndDestroy()
  await vi.waitFor(async () => expect(await gauge()).toBe(0))
  const before = process.memoryUsage().rss
  await Promise.all(Array.from({ length: 200 }, stall))
  await vi.waitFor(async () => expect(await gauge()).toBe(200))
  const held = process.memoryUsage().rss - before
  expect(held, `${Math.round(held / 1e6)} MB`).toBeLessThan(64e6)
})

test('a reader that goes away frees its file handle', async () => {
  await Promise.all(Array.from({ length: 20 }, stall))
  expect(openHandles()).toBe(20)
  for (const socket of sockets) socket.resetAndDestroy()
  await vi.waitFor(() => expect(openHandles()).toBe(0))
  expect(await gauge()).toBe(0)
})

test('a reader that leaves with a request still waiting its turn frees both handles', async () => {
  const socket = await say(served.port, REQUEST + REQUEST)
  sockets.push(socket)
  await once(socket, 'readable')
  await vi.waitFor(() => expect(openHandles()).toBe(2))
  socket.destroy()
  await vi.waitFor(() => expect(openHandles()).toBe(0))
})

test('a slow reader gets every byte, unharmed by faster ones that share the buffers', async () => {
  const socket = await say(served.port, REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  sockets.push(socket)
  await once(socket, 'readable')
  await addVersion(served.services, {
    version: '2.0',
    bytes: Buffer.alloc(SIZE, 'other'),
    compression: 'none',
  })
  for (let round = 0; round < 3; round += 1) {
    const fast = await fetch(`${served.url}/flash/mysql/2.0.tar`)
    expect(Buffer.from(await fast.arrayBuffer()).equals(Buffer.alloc(SIZE, 'other'))).toBe(true)
  }
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece as Buffer)
  const answer = Buffer.concat(pieces)
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
  expect(body.equals(Buffer.alloc(SIZE, 'zone'))).toBe(true)
})

test('a blob that is shorter than it was cuts the connection instead of ending well', async () => {
  const { catalog } = served.services
  const { manifest } = await catalog.getVersion('mysql', '1.0')
  const artifacts = manifest.artifacts.map((artifact) => ({ ...artifact, size: SIZE + 1000 }))
  await catalog.putVersion(
    { state: 'ready', manifest: { ...manifest, version: '3.0', artifacts } },
    new Map(),
  )
  const reply = await fetch(`${served.url}/flash/mysql/3.0.tar`)
  await expect(reply.arrayBuffer()).rejects.toThrow('terminated')
  expect(served.logged()).toContain(`expected ${SIZE + 1000} bytes`)
})
