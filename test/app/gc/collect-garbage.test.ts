import { beforeEach, expect, test } from 'vitest'
import { collectAtNight, collectGarbage, type GarbageNeeds } from '#app/gc/collect-garbage.ts'
import type { GarbageLine } from '#core/retention/report.ts'
import { DAY_MS } from '#core/retention/policy.ts'
import { artifactOf, versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'
import { newBuild } from '#test/fixtures/new-build.ts'

let clock: FakeClock
let needs: Omit<GarbageNeeds, 'queue' | 'installs'> & {
  queue: MemoryJobQueue
  installs: MemoryInstallLog
}

beforeEach(async () => {
  clock = new FakeClock()
  const catalog = new MemoryTemplateCatalog()
  const blobs = new MemoryBlobStore()
  blobs.clock = clock
  needs = {
    catalog,
    blobs,
    clock,
    channels: new MemoryChannelStore(catalog),
    installs: new MemoryInstallLog(clock),
    zones: new MemoryZoneRegistry(),
    builds: new MemoryBuildStore(clock),
    queue: new MemoryJobQueue(clock),
    audit: new MemoryAuditLog(clock),
  }
  await catalog.ensureTemplate('web')
  await catalog.setRetention('web', { keepLast: 1, keepDays: 10 })
})

async function store(text: string): Promise<string> {
  async function* bytes() {
    yield Buffer.from(text)
  }
  return (await needs.blobs.put(bytes())).sha256
}

/** A version of `web` with a blob of its own, made now. */
async function add(version: string, more: Parameters<typeof versionOf>[2] = {}): Promise<string> {
  const sha256 = await store(`bytes of ${version}`)
  const createdAt = clock.now().toISOString()
  await needs.catalog.putVersion(
    versionOf('web', version, { artifacts: [artifactOf(sha256)], createdAt, ...more }),
    new Map(),
  )
  return sha256
}

async function collect(dryRun = false): Promise<Record<string, string>> {
  const lines: GarbageLine[] = []
  for await (const line of collectGarbage(needs, { dryRun, actor: 'ada' })) lines.push(line)
  return Object.fromEntries(
    lines.map((line) =>
      line.kind === 'total'
        ? ['total', `${line.delete.objects} objects, ${line.delete.bytes} bytes`]
        : [`${line.kind} ${line.name}`, `${line.verdict}: ${line.reasons.join('; ')}`],
    ),
  )
}

test('a dry run tells what a run then does, and does nothing', async () => {
  const first = await add('1')
  clock.advance(20 * DAY_MS)
  const second = await add('2')
  const stray = await store('stray')
  clock.advance(2 * 3_600_000)
  const told = await collect(true)
  expect(told).toEqual({
    'version web@1': 'delete: not one of the last 1, older than 10 days, and nothing uses it',
    'version web@2': 'keep: one of the last 1; younger than 10 days',
    [`blob ${first}`]: 'delete: artifact of web@1, which goes',
    [`blob ${second}`]: 'keep: artifact of web@2',
    [`blob ${stray}`]: 'delete: nothing refers to it',
    total: '3 objects, 15 bytes',
  })
  expect(await needs.catalog.findVersion('web', '1')).toBeDefined()
  expect(await collect()).toEqual(told)
  expect(await needs.catalog.findVersion('web', '1')).toBeUndefined()
  expect(await needs.blobs.stat(first)).toBeUndefined()
  expect(await needs.blobs.stat(stray)).toBeUndefined()
  expect(await needs.blobs.stat(second)).toBeDefined()
  expect(await needs.audit.list(10)).toMatchObject([
    { actor: 'ada', action: 'version.collect', subject: 'web@1' },
  ])
  expect(await collect(), 'a second time').toMatchObject({ total: '0 objects, 0 bytes' })
})

test('young blobs that nothing uses are told as going later, zones as asked for', async () => {
  await add('1', { madeBy: 'package', madeFrom: { host: 'h1', zone: 'gold' } })
  clock.advance(20 * DAY_MS)
  await add('2')
  await store('stray')
  const lines: GarbageLine[] = []
  for await (const line of collectGarbage(needs, { dryRun: false, actor: 'ada' })) lines.push(line)
  expect(lines.find(({ kind }) => kind === 'zone')).toMatchObject({ verdict: 'delete', when: 'asked' })
  expect(lines.at(-1)).toMatchObject({ delete: { objects: 2 }, later: { objects: 1, bytes: 5 }, asked: 1 })
})

test('what channels, hosts and open installs use stays, and each says so', async () => {
  for (const version of ['1', '2', '3', '4', '5', '6']) {
    await add(version)
    clock.advance(DAY_MS)
  }
  const promote = (version: string) => needs.catalog.setChannel('web', 'stable', version)
  await promote('1')
  await promote('2')
  await promote('3')
  await needs.zones.made({
    host: 'h1',
    zone: 'shop',
    install: 'i1',
    template: 'web',
    version: '4',
    at: clock.now(),
  })
  clock.advance(30 * DAY_MS)
  const plan = { zones: [{ template: 'web', version: '5' }] }
  await needs.installs.arm('h2', plan, DAY_MS)
  expect(await collect()).toMatchObject({
    'version web@1': expect.stringContaining('delete'),
    'version web@2': 'keep: channel stable would be rolled back to it',
    'version web@3': 'keep: channel stable',
    'version web@4': 'keep: zone shop of host h1',
    'version web@5': 'keep: open install of host h2',
    'version web@6': 'keep: one of the last 1',
  })
})

test('a blob that only the catalog has a use for stays, as the dry run says', async () => {
  const planned = await store('in the plan of an open install')
  needs.catalog.isUnreferenced = async (sha256) => sha256 !== planned
  clock.advance(2 * 3_600_000)
  const told = await collect(true)
  expect(told[`blob ${planned}`]).toMatch(/^keep: the plan of an open install names it/)
  expect(await collect()).toEqual(told)
  expect(await needs.blobs.stat(planned)).toBeDefined()
})

test('versions built on one another go together, the last built first', async () => {
  await add('1')
  await add('2', { origin: { template: 'web', version: '1' } })
  await add('3', { origin: { template: 'web', version: '2' } })
  clock.advance(30 * DAY_MS)
  await add('4')
  await collect()
  expect((await needs.catalog.listVersions('web')).map(({ manifest }) => manifest.version)).toEqual(['4'])
})

test('what an unfinished build takes and makes stays; what it stored is not looked at', async () => {
  await add('1')
  clock.advance(30 * DAY_MS)
  await add('2')
  const recipe = await store('the bundle')
  const origin = { template: 'web', version: '1', sha256: 'c'.repeat(64) }
  const build = await needs.builds.create(
    newBuild({
      template: 'shop',
      version: '7',
      createdAt: clock.now().toISOString(),
      inputs: { recipe, origin, media: [] },
    }),
  )
  clock.advance(1000)
  const made = await store('an artifact of the build')
  clock.advance(9 * 3_600_000)
  expect(await collect()).toMatchObject({
    'version web@1': `keep: origin of the unfinished build ${build.id}`,
    [`blob ${recipe}`]: `keep: recipe of the unfinished build ${build.id}`,
    [`blob ${made}`]: 'keep: stored a moment ago, it may belong to what is not recorded yet',
  })
  await needs.builds.appendLog(build.id, 'media', 'a line\n')
  await needs.builds.finish(build.id, 'failed')
  expect(await collect()).toMatchObject({
    'version web@1': expect.stringContaining('delete'),
    [`blob ${recipe}`]: `keep: recipe of build ${build.id}, just over`,
    [`blob ${made}`]: 'delete: nothing refers to it',
  })
  clock.advance(DAY_MS)
  expect(await collect()).toMatchObject({ [`blob ${recipe}`]: 'delete: nothing refers to it' })
})

test('what a conversion has stored is not looked at until it is over', async () => {
  await add('1')
  const job = { template: 'web', version: '1', to: 'zfs' as const, actor: 'ci' }
  await needs.queue.add('convert', job, 'convert_web_1_zfs')
  clock.advance(1000)
  const made = await store('a form that is being made')
  clock.advance(9 * 3_600_000)
  expect(await collect()).toMatchObject({
    [`blob ${made}`]: 'keep: stored a moment ago, it may belong to what is not recorded yet',
  })
  needs.queue.finish('convert_web_1_zfs')
  expect(await collect()).toMatchObject({ [`blob ${made}`]: 'delete: nothing refers to it' })
})

test('a version in the making stays as long as its job', async () => {
  const building = { state: 'building' as const, madeBy: 'package' as const, artifacts: [] }
  await add('1', building)
  await add('2', building)
  const job = { template: 'web', version: '1', host: 'h1', zone: 'z' }
  await needs.queue.add('package', job, 'package_web_1')
  clock.advance(2 * 3_600_000)
  expect(await collect()).toMatchObject({
    'version web@1': 'keep: job package_web_1, waiting',
    'version web@2': 'delete: building, and nobody makes it any more',
  })
  needs.queue.finish('package_web_1', 'it failed')
  expect(await collect()).toMatchObject({ 'version web@1': expect.stringContaining('delete') })
})

test('the snapshot of a version goes with it, and is asked for until it is gone', async () => {
  const sha256 = await add('1', { madeBy: 'package', madeFrom: { host: 'h1', zone: 'gold' } })
  const imported = `web-o${sha256.slice(0, 8)}`
  clock.advance(30 * DAY_MS)
  await add('2', { madeBy: 'build', madeFrom: { host: 'h1', zone: 'web-2' } })
  expect(await collect(true)).toMatchObject({
    'zone h1:gold': `delete: snapshot in the zone of web@1, which goes; with ${imported} where builds imported it`,
    'zone h1:web-2': 'keep: golden zone of web@2',
  })
  expect(needs.queue.jobs).toEqual([])
  expect(await collect()).toMatchObject({
    'zone h1:gold': `delete: snapshot in the zone of web@1, which is deleted; with ${imported} where builds imported it`,
  })
  expect(needs.queue.jobs).toMatchObject([
    { name: 'release', data: { version: '1', zone: 'gold', imported } },
  ])
  needs.queue.finish('release_web_1', 'the host does not answer')
  await collect()
  expect(await needs.queue.status('release_web_1')).toMatchObject({ state: 'waiting' })
  needs.queue.finish('release_web_1')
  await needs.catalog.setReleased('web', '1')
  expect(await collect()).not.toHaveProperty('zone h1:gold')
})

test('logs stay with their version, or for the days of the policy; zones of failed builds unless somebody keeps them', async () => {
  const made = await needs.builds.create(newBuild({ version: '1' }))
  const failed = await needs.builds.create(newBuild({ id: crypto.randomUUID(), version: '2' }))
  const kept = await needs.builds.create(newBuild({ id: crypto.randomUUID(), version: '3' }))
  for (const { id } of [made, failed, kept]) await needs.builds.appendLog(id, 'media', 'a line\n')
  await needs.catalog.putVersion(
    versionOf(made.template, '1', { createdAt: clock.now().toISOString() }),
    new Map(),
  )
  await needs.builds.finish(made.id, 'done')
  await needs.builds.finish(failed.id, 'failed', { zoneKept: true })
  await needs.builds.finish(kept.id, 'failed', { zoneKept: true })
  await needs.builds.setKeepZone(kept.id, true)
  expect((await collect())[`log ${failed.id}`]).toMatch(/^keep: .*over for less than 14 days$/)
  clock.advance(14 * DAY_MS)
  const lines = await collect()
  expect(lines[`log ${made.id}`]).toBe(`keep: build of ${made.template}@1`)
  expect(lines[`log ${failed.id}`]).toMatch(/^delete/)
  expect(lines[`zone ${kept.host}:${kept.zone}`]).toBe(`keep: somebody asked to keep it: build ${kept.id}`)
  expect(await needs.builds.log(made.id)).toHaveLength(1)
  expect(await needs.builds.log(failed.id)).toEqual([])
  expect(needs.queue.jobs).toMatchObject([{ name: 'discard', data: { build: failed.id } }])
})

test('the night says in short what went', async () => {
  await add('1')
  clock.advance(30 * DAY_MS)
  await add('2')
  expect(await collectAtNight(needs, new AbortController().signal)).toEqual({
    version: 1,
    blob: 1,
    bytes: 10,
  })
})
