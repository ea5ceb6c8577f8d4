import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { doctor, renderChecks } from '#cli/commands/doctor.ts'
import { parseConfig } from '#core/config.ts'

function makeDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-doctor-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function checkOf(env: Record<string, string>, name: string) {
  return (await doctor(parseConfig(env))).find((check) => check.name === name)
}

test('a machine on which the tests run is fit, and the checks are aligned lines', async () => {
  const checks = await doctor(
    parseConfig({ ZONEFLASH_DATA: makeDirectory(), ZONEFLASH_LISTEN: '127.0.0.1:0' }),
  )
  expect(checks.filter(({ state }) => state === 'wrong')).toEqual([])
  const lines = renderChecks(checks).trimEnd().split('\n')
  expect(lines).toHaveLength(checks.length)
  expect(lines[0]).toMatch(/^ok {6}node +v\d+/)
})

test('a data directory below a file is wrong', async () => {
  const file = path.join(makeDirectory(), 'file')
  writeFileSync(file, '')
  expect(await checkOf({ ZONEFLASH_DATA: path.join(file, 'data') }, 'data directory')).toMatchObject({
    state: 'wrong',
    note: expect.stringContaining('ZONEFLASH_DATA'),
  })
})

test('an address that another process has is wrong', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  expect(await checkOf({ ZONEFLASH_DATA: makeDirectory(), ZONEFLASH_LISTEN: listen }, listen)).toMatchObject({
    state: 'wrong',
    note: expect.stringContaining('EADDRINUSE'),
  })
})

test('a database that does not answer is wrong', async () => {
  const check = await checkOf({ DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1/c' }, 'database')
  expect(check).toMatchObject({ state: 'wrong', note: expect.stringContaining('ECONNREFUSED') })
  expect(check?.note).not.toContain('hunter2')
})
