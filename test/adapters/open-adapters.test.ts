import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openAdapters, type OpenedAdapters } from '#adapters/open-adapters.ts'
import { parseConfig, type Config } from '#core/config.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { createTestDatabase } from '#test/postgres-database.ts'

async function makeConfig(): Promise<Config> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-adapters-'))
  const { url, drop } = await createTestDatabase()
  onTestFinished(async () => {
    await drop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return parseConfig({ ZONEFLASH_DATA: dataDir, DATABASE_URL: url })
}

async function open(config: Config, role: 'server' | 'worker'): Promise<OpenedAdapters> {
  const adapters = await openAdapters(config, role)
  onTestFinished(() => adapters.close())
  return adapters
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

test('a server and a worker share one database, one queue and one blob store', async () => {
  const config = await makeConfig()
  const [server, worker] = await Promise.all([open(config, 'server'), open(config, 'worker')])
  await server.catalog.ensureTemplate('web')
  expect(await worker.catalog.listTemplates()).toHaveLength(1)
  const { sha256 } = await worker.blobs.put(bytes('a blob'))
  expect(await server.blobs.stat(sha256)).toMatchObject({ size: 6 })
  await server.queue.add('package', { template: 'web', version: '1', host: 'h1', zone: 'web' }, 'job')
  expect(await worker.queue.status('job')).toMatchObject({ state: 'waiting' })
  await server.ping()
})

test('a server sweeps at its start, a worker does not', async () => {
  const config = await makeConfig()
  const first = await openAdapters(config, 'server')
  await first.catalog.putVersion(
    versionOf('web', '1', { state: 'building', createdAt: '2020-01-01T00:00:00.000Z' }),
    new Map(),
  )
  await first.close()
  const incoming = path.join(config.blobs.root, 'incoming')
  mkdirSync(incoming, { recursive: true })
  writeFileSync(path.join(incoming, 'abandoned'), 'half a blob')
  const worker = await open(config, 'worker')
  expect(worker.swept).toBeUndefined()
  expect(await worker.catalog.findVersion('web', '1')).toBeDefined()
  const server = await open(config, 'server')
  expect(server.swept).toMatchObject({ versions: 1 })
  expect(await server.catalog.findVersion('web', '1')).toBeUndefined()
})

test('a database that does not answer is said with its reason, not with its password', async () => {
  const config = parseConfig({ DATABASE_URL: 'postgres://zoneflash:hunter2@127.0.0.1:1/zoneflash' })
  const failure: unknown = await openAdapters(config, 'server').catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'DatabaseUnreachable', kind: 'unavailable' })
  expect(String(failure)).toContain('ECONNREFUSED')
  expect(String(failure)).not.toContain('hunter2')
})
