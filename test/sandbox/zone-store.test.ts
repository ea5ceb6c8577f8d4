import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyZoneConfig } from '#core/zone/config.ts'
import { openZoneStore, type ZoneStore } from '#sandbox/zone-store.ts'

let root: string
let store: ZoneStore
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'zone-store-'))
  store = openZoneStore(root)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const web1 = { ...emptyZoneConfig('web1'), zonepath: '/zones/web1' }
const storeModule = path.resolve('sandbox/zone-store.ts')

test('the templates of a release are delivered once, and the index with them', () => {
  store.installTemplates('s10u8')
  store.installTemplates('illumos')
  expect(store.readConfig('SUNWdefault').elements).toHaveLength(4)
  expect(store.listIndex()).toEqual([{ name: 'global', state: 'installed', zonepath: '/', uuid: '' }])
})

test('documents and the index are mode 0644, and nothing else is left beside them', () => {
  store.writeConfig(web1)
  store.setState('web1', 'configured', '/zones/web1')
  expect(readdirSync(path.join(root, 'etc/zones')).toSorted()).toEqual(['index', 'web1.xml'])
  for (const file of ['index', 'web1.xml'])
    expect(statSync(path.join(root, 'etc/zones', file)).mode & 0o777).toBe(0o644)
})

test('a uuid comes with installation and goes with detachment', () => {
  expect(store.setState('web1', 'configured', '/zones/web1').uuid).toBe('')
  const { uuid } = store.setState('web1', 'incomplete')
  expect(uuid).toMatch(/^[0-9a-f]{8}-/)
  expect(store.setState('web1', 'installed').uuid).toBe(uuid)
  expect(store.setState('web1', 'configured').uuid).toBe('')
  expect(store.setState('web1', 'installed').uuid).not.toBe(uuid)
})

test('an unknown zone is missing, also under a name that is a path', () => {
  expect(() => store.readConfig('web1')).toThrow(expect.objectContaining({ code: 'ZoneMissing' }))
  expect(() => store.readConfig('../../etc/passwd')).toThrow(expect.objectContaining({ code: 'ZoneMissing' }))
  expect(() => store.setState('web1', 'installed')).toThrow(expect.objectContaining({ code: 'ZoneMissing' }))
})

test('a zone is renamed with its state, and removed with its line', () => {
  store.writeConfig(web1)
  const { uuid } = store.setState('web1', 'installed', '/zones/web1')
  store.rename('web1', { ...web1, name: 'web2' })
  expect(store.findEntry('web2')).toMatchObject({ state: 'installed', uuid })
  expect(store.hasConfig('web1')).toBe(false)
  store.remove('web2')
  expect(store.listIndex().map(({ name }) => name)).toEqual(['global'])
  expect(store.hasConfig('web2')).toBe(false)
})

test('a new zonepath changes neither state nor uuid', () => {
  expect(store.setZonepath('web1', '/zones/web1')).toMatchObject({ state: 'configured', uuid: '' })
  const installed = store.setState('web1', 'installed')
  expect(store.setZonepath('web1', '/zones/new')).toEqual({ ...installed, zonepath: '/zones/new' })
})

test('comments of the index stay', () => {
  mkdirSync(path.join(root, 'etc/zones'), { recursive: true })
  writeFileSync(path.join(root, 'etc/zones/index'), '# mine\nglobal:installed:/\n')
  store.setState('web1', 'configured', '/zones/web1')
  expect(readFileSync(path.join(root, 'etc/zones/index'), 'utf8')).toBe(
    '# mine\nglobal:installed:/\nweb1:configured:/zones/web1:\n',
  )
})

test('writers from several processes lose no line', async () => {
  const script = `
    const { openZoneStore } = await import(${JSON.stringify(storeModule)})
    const store = openZoneStore(process.argv[1])
    for (let at = 0; at < 8; at += 1) store.setState(process.argv[2] + at, 'configured', '/zones/' + process.argv[2] + at)
  `
  const writers = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, ['--input-type=module', '-e', script, root, name]),
  )
  const ends = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]))
  expect(ends).toEqual([0, 0, 0])
  expect(store.listIndex()).toHaveLength(1 + 3 * 8)
})

test('one operation at a time works on a zone', async () => {
  await store.withLock('web1', async () => {
    await expect(openZoneStore(root).withLock('web1', () => 0)).rejects.toMatchObject({ code: 'ZoneBusy' })
    await expect(openZoneStore(root).withLock('web2', () => 2)).resolves.toBe(2)
  })
  await expect(store.withLock('web1', () => 1)).resolves.toBe(1)
})

test('the lock of a killed process is free', async () => {
  const script = `
    const { openZoneStore } = await import(${JSON.stringify(storeModule)})
    await openZoneStore(process.argv[1]).withLock('web1', async () => {
      console.log('held')
      await new Promise((resolve) => setTimeout(resolve, 600_000))
    })
  `
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, root])
  await once(holder.stdout, 'data')
  await expect(store.withLock('web1', () => 0)).rejects.toMatchObject({ code: 'ZoneBusy' })
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  await expect(store.withLock('web1', () => 1)).resolves.toBe(1)
})

test('a zone runs as long as its first process does', async () => {
  const init = spawn('sleep', ['600'])
  const pid = init.pid ?? 0
  store.writeKernelState('web1', { id: 3, pid, state: 'running' })
  expect(store.kernelState('web1')).toMatchObject({ id: 3, pid, state: 'running' })
  const ended = once(init, 'exit')
  init.kill('SIGKILL')
  await ended
  expect(store.kernelState('web1')).toBeUndefined()
  expect(store.listKernelStates()).toEqual([])
})

test('another process with the same number is not the zone', () => {
  store.writeKernelState('web1', { id: 1, pid: process.pid, state: 'ready' })
  const file = path.join(root, 'var/run/zones/web1.state')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"startTime":"[0-9]+"/, '"startTime":"1"'))
  expect(store.kernelState('web1')).toBeUndefined()
})

test('a state file that a crash left half written counts as none', () => {
  mkdirSync(path.join(root, 'var/run/zones'), { recursive: true })
  writeFileSync(path.join(root, 'var/run/zones/web1.state'), '{"id": 1')
  expect(store.kernelState('web1')).toBeUndefined()
})

test('running zones are listed by id', () => {
  for (const [name, id] of Object.entries({ b: 2, a: 10, c: 1 })) {
    store.writeKernelState(name, { id, pid: process.pid, state: 'running' })
  }
  expect(store.listKernelStates().map(({ name }) => name)).toEqual(['c', 'b', 'a'])
})
