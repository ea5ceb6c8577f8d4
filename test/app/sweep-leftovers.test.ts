import { expect, test } from 'vitest'
import { sweepLeftovers } from '#app/sweep-leftovers.ts'
import type { JobData } from '#core/jobs.ts'
import { artifactOf, versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const MINUTE = 60_000

const madeFrom = { host: 'h1', zone: 'web' }

function world() {
  const clock = new FakeClock()
  const catalog = new MemoryTemplateCatalog()
  const blobs = new MemoryBlobStore()
  blobs.clock = clock
  const jobs: JobData<'package'>[] = []
  const queue = new MemoryJobQueue()
  const needs = {
    catalog,
    blobs,
    clock,
    expireOverdueInstalls: async () => 0,
    unfinishedPackages: async () => jobs,
    queue,
  }
  async function store(text: string): Promise<string> {
    return (await blobs.put(chunks(text))).sha256
  }
  async function build(version: string): Promise<void> {
    const createdAt = clock.now().toISOString()
    await catalog.putVersion(
      versionOf('web', version, { state: 'building', madeBy: 'package', madeFrom, createdAt }),
      new Map(),
    )
  }
  return { clock, catalog, blobs, jobs, queue, needs, store, build }
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

test('a blob that nothing refers to goes, one that a version refers to stays', async () => {
  const { catalog, blobs, needs, store } = world()
  const kept = await store('kept')
  const left = await store('left')
  await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(kept)] }), new Map())
  expect(await sweepLeftovers(needs, 0)).toMatchObject({ blobs: 1 })
  expect(await blobs.stat(kept)).toBeDefined()
  expect(await blobs.stat(left)).toBeUndefined()
})

test('a blob that is younger than asked for stays: it may be of an upload in progress', async () => {
  const { clock, blobs, needs, store } = world()
  const left = await store('left')
  clock.advance(9 * MINUTE)
  await sweepLeftovers(needs, 10 * MINUTE)
  expect(await blobs.stat(left)).toBeDefined()
  clock.advance(MINUTE)
  await sweepLeftovers(needs, 10 * MINUTE)
  expect(await blobs.stat(left)).toBeUndefined()
})

test('a version whose job ends while it is looked for stays', async () => {
  const { catalog, needs, build } = world()
  await build('1')
  const unfinishedPackages = async () => {
    await catalog.setState('web', '1', 'ready')
    return []
  }
  await sweepLeftovers({ ...needs, unfinishedPackages }, 0)
  expect(await catalog.findVersion('web', '1')).toMatchObject({ state: 'ready' })
})

test('a version that is being built goes with its job', async () => {
  const { catalog, jobs, queue, needs, build } = world()
  await build('1')
  await build('2')
  jobs.push({ template: 'web', version: '2', host: 'h1', zone: 'web' })
  expect(await sweepLeftovers(needs, 0)).toMatchObject({ versions: 1 })
  expect(await catalog.findVersion('web', '1')).toBeUndefined()
  expect(await catalog.findVersion('web', '2')).toBeDefined()
  expect(
    queue.jobs.map(({ name, data }) => ({ name, data })),
    'its snapshot',
  ).toEqual([{ name: 'release', data: { template: 'web', version: '1', ...madeFrom } }])
})

test('a snapshot that could not be removed is asked for again at the next start', async () => {
  const { catalog, queue, needs, build } = world()
  await build('1')
  await sweepLeftovers(needs, 0)
  queue.finish('release_web_1', 'the host does not answer')
  await sweepLeftovers(needs, 0)
  expect(await queue.status('release_web_1')).toMatchObject({ state: 'waiting' })
  queue.finish('release_web_1')
  await catalog.setReleased('web', '1')
  await sweepLeftovers(needs, 0)
  expect(await queue.status('release_web_1')).toMatchObject({ state: 'completed' })
})

test('a version whose request is being made this moment stays', async () => {
  const { catalog, needs, build } = world()
  await build('1')
  await sweepLeftovers(needs, MINUTE)
  expect(await catalog.findVersion('web', '1')).toBeDefined()
})

test('what a package job may have stored stays until its version is recorded', async () => {
  const { clock, blobs, jobs, needs, store, build } = world()
  const before = await store('before the job')
  clock.advance(MINUTE)
  await build('1')
  jobs.push({ template: 'web', version: '1', host: 'h1', zone: 'web' })
  clock.advance(MINUTE)
  const first = await store('first artifact')
  clock.advance(120 * MINUTE)
  await sweepLeftovers(needs, 0)
  expect(await blobs.stat(before)).toBeUndefined()
  expect(await blobs.stat(first)).toBeDefined()
})
