// `zoneflash up` from outside: first start, stop, kill -9, and a second start on the same data.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { stopOrphan } from '#adapters/embedded-postgres/postmaster.ts'
import { processStart } from '#adapters/process/process-identity.ts'
import { startProduct } from '#test/running-product.ts'

// Each test initialises a database and flushes it to disk, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

function makeDataDir(): string {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-up-'))
  onTestFinished(async () => {
    await stopOrphan(path.join(dataDir, 'postgres', 'cluster'))
    rmSync(dataDir, { recursive: true, force: true })
  })
  return dataDir
}

/** The processes whose command line or environment names the data directory. */
function processesOf(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(`/proc/${pid}/${file}`).includes(dataDir)))
    .map(Number)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

test('the first start makes a token for us alone, and what was stored is there after a stop', async () => {
  const dataDir = makeDataDir()
  const first = await startProduct(dataDir)
  onTestFinished(() => first.kill())
  expect(statSync(path.join(dataDir, 'admin.token')).mode & 0o777).toBe(0o600)
  const made = await first.call('/api/v1/templates', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'web' }),
  })
  expect(made.ok, await made.text()).toBe(true)
  await first.stop()
  expect(processesOf(dataDir)).toEqual([])

  const second = await startProduct(dataDir)
  onTestFinished(() => second.kill())
  expect(second.adminToken).toBe(first.adminToken)
  expect(await (await second.call('/api/v1/templates')).text()).toContain('"web"')
  await second.stop()
})

test('a second start on the same data is refused in one line that names the first', async () => {
  const dataDir = makeDataDir()
  const product = await startProduct(dataDir)
  onTestFinished(() => product.kill())
  const { status, stderr } = await product.cli(['up'])
  expect(status).toBe(1)
  expect(stderr).toContain(`is in use by process ${product.pid}`)
  expect(stderr).not.toMatch(/\n\s+at /)
  await product.stop()
})

test('a server that was killed leaves no worker, and the next start takes over its database', async () => {
  const dataDir = makeDataDir()
  const first = await startProduct(dataDir)
  onTestFinished(() => first.kill())
  await first.kill()
  // The worker sees that its parent is gone; PostgreSQL waits for the next server.
  const workers = () =>
    processesOf(dataDir).filter((pid) => read(`/proc/${pid}/cmdline`).includes('worker/main.ts'))
  await vi.waitFor(() => expect(workers()).toEqual([]), { timeout: 20_000, interval: 50 })
  const second = await startProduct(dataDir)
  onTestFinished(() => second.kill())
  expect((await second.call('/api/v1/templates')).status).toBe(200)
  await second.stop()
  expect(processesOf(dataDir)).toEqual([])
})

test('a server whose database was killed under it ends, and starts again with its data', async () => {
  const dataDir = makeDataDir()
  const first = await startProduct(dataDir)
  onTestFinished(() => first.kill())
  const [postmaster = ''] = read(path.join(dataDir, 'postgres', 'cluster', 'postmaster.pid')).split('\n')
  process.kill(Number(postmaster), 'SIGKILL')
  await vi.waitFor(() => expect(processStart(first.pid)).toBeUndefined(), { timeout: 20_000, interval: 50 })
  const second = await startProduct(dataDir)
  onTestFinished(() => second.kill())
  expect((await second.call('/api/v1/templates')).status).toBe(200)
  await second.stop()
  expect(processesOf(dataDir)).toEqual([])
})

test('an address that is taken is said in one line, and the first token by the next start', async () => {
  const dataDir = makeDataDir()
  const product = await startProduct(dataDir)
  onTestFinished(() => product.kill())
  const other = makeDataDir()
  const { status, stderr } = await product.cli(['up'], { ZONEFLASH_DATA: other })
  expect(status).toBe(1)
  expect(stderr).toMatch(/ZONEFLASH_LISTEN is 127\.0\.0\.1:\d+, expected an address that is free/)
  expect(processesOf(other)).toEqual([])
  await product.stop()
  const next = await startProduct(other)
  onTestFinished(() => next.kill())
  await vi.waitFor(() => expect(next.output()).toContain('first admin token'))
  expect(next.output()).toContain(next.adminToken)
  await next.stop()
})

test('a wrong setting stops the start in one line', () => {
  const main = path.resolve(import.meta.dirname, '../../cli/main.ts')
  const { status, stderr } = spawnSync(process.execPath, [main, 'up'], {
    env: { ...process.env, ZONEFLASH_LISTEN: 'here' },
    encoding: 'utf8',
  })
  expect(status).not.toBe(0)
  expect(stderr).toContain('ZONEFLASH_LISTEN is "here", expected host:port')
})
