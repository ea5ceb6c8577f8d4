import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Entry } from '#core/entry.ts'
import { watchEventStreams } from '#server/event-streams.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { addVersion, serve, type Served } from './served.ts'

const entry = (path: string): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
})

/** An index without end that counts how much of it was read, and may break after some entries. */
class EndlessCatalog extends MemoryTemplateCatalog {
  read = 0
  breaksAfter = Infinity

  override async *entries(): AsyncIterable<Entry> {
    for (;;) {
      if (this.read >= this.breaksAfter) throw new Error('the database went away')
      this.read += 1
      if (this.read % 100 === 0) await turn()
      yield entry(`root/${'x'.repeat(500)}/${this.read}`)
    }
  }
}

class CountingLog extends MemoryInstallLog {
  looks = 0

  override async get(id: string) {
    this.looks += 1
    return super.get(id)
  }
}

let served: Served
let catalog: EndlessCatalog
let installs: CountingLog

beforeEach(async () => {
  catalog = new EndlessCatalog()
  installs = new CountingLog()
  served = await serve({ catalog, installs })
  await addVersion(served.services)
})
afterEach(() => served[Symbol.asyncDispose]())

const open = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${served.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${served.secrets.viewer}`, ...headers },
  })
const FILES = '/templates/mysql/versions/1.0/files'

test('a reader that takes no more is sent no more', async () => {
  const reply = await open(FILES)
  let before = -1
  await vi.waitFor(
    () => {
      const now = catalog.read
      const still = now === before
      before = now
      expect(still).toBe(true)
    },
    { interval: 200, timeout: 20_000 },
  )
  expect(catalog.read).toBeLessThan(200_000)
  await reply.body?.cancel()
})

test('a reader that goes away ends the reading', async () => {
  const reply = await open(FILES)
  await reply.body?.cancel()
  await vi.waitFor(() => expect(served.logged()).toContain('"cut":true'))
  expect(served.logged()).not.toContain('unforeseen')
})

test('a streamed answer warns of no leak', async () => {
  watchEventStreams(served.server) // as the server that is started does
  const warned = vi.spyOn(process, 'emitWarning')
  const reply = await open(FILES)
  await reply.body?.cancel()
  await vi.waitFor(() => expect(served.logged()).toContain('"cut":true'))
  expect(warned.mock.calls.map(([warning]) => String(warning))).toEqual([])
  warned.mockRestore()
})

test('a failure before the first piece is answered as one', async () => {
  catalog.breaksAfter = 0
  const reply = await open(FILES)
  expect([reply.status, await reply.json()]).toMatchObject([500, { code: 'InternalError' }])
})

test('a failure in the middle cuts the connection, so that nobody takes the part for the whole', async () => {
  catalog.breaksAfter = 5000
  const reply = await open(FILES)
  await expect(reply.text()).rejects.toThrow('terminated')
  expect(served.logged()).toContain('the database went away')
})

test('a follower that leaves is not worked for any more', async () => {
  const { install } = await installs.arm('h1', { zones: [] }, 60_000)
  const reply = await open(`/installs/${install.id}/events`, { accept: 'text/event-stream' })
  await vi.waitFor(() => expect(installs.looks).toBeGreaterThan(1), { timeout: 5000 })
  await reply.body?.cancel()
  await vi.waitFor(() => expect(served.logged()).toContain('"cut":true'))
  const looks = installs.looks
  // longer than the time between two looks
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(installs.looks).toBe(looks)
})
