import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { PostgresAuditLog } from '#adapters/postgres/audit-log.ts'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import {
  artifactOf,
  digest,
  entryOf,
  templateCatalogContract,
  versionOf,
} from '#test/contracts/template-catalog.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import { FakeClock, systemClock } from '#test/fakes/fake-clock.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

templateCatalogContract('MemoryTemplateCatalog', async () => new MemoryTemplateCatalog())
templateCatalogContract(
  'PostgresTemplateCatalog',
  async () => new PostgresTemplateCatalog(await openTestDatabase()),
)

test('what the plan of an open install names is neither deleted nor swept, until the install is over', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const installs = new PostgresInstallLog(db, systemClock)
  await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), new Map())
  const plan = { steps: [{ fetch: { sha256: digest('a') } }, { fetch: { sha256: digest('b') } }] }
  const { install } = await installs.arm('h1', plan, 3_600_000)
  await expect(catalog.setState('web', '1', 'deleted')).rejects.toMatchObject({ code: 'VersionInUse' })
  expect(await catalog.referencedBlobs()).toEqual(new Set([digest('a'), digest('b')]))
  await installs.record(install.id, { id: '1', step: 'install', state: 'done' })
  await catalog.setState('web', '1', 'deleted')
  expect(await catalog.referencedBlobs()).toEqual(new Set())
})

test('an install whose window is over keeps nothing, though nobody has written that down', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const long = new FakeClock('2001-01-01T00:00:00.000Z')
  await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), new Map())
  const plan = { zones: [{ template: 'web', version: '1' }], fetch: digest('b') }
  await new PostgresInstallLog(db, long).arm('h1', plan, 3_600_000)
  expect(await catalog.referencedBlobs()).toEqual(new Set([digest('a')]))
  await catalog.setState('web', '1', 'deleted')
})

test('a version whose bytes were collected before it is recorded is not recorded', async () => {
  const gone = new ProvisionError('missing', 'BlobNotFound', 'no blob')
  const catalog = new PostgresTemplateCatalog(await openTestDatabase(), () => Promise.reject(gone))
  const put = catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), new Map())
  await expect(put).rejects.toMatchObject({ code: 'BlobCollected', kind: 'unavailable' })
  expect(await catalog.findVersion('web', '1')).toBeUndefined()
})

test('a further form and its line in the audit log are there together, or neither is', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const audit = new PostgresAuditLog(db, systemClock)
  await catalog.putVersion(versionOf('web', '1'), new Map())
  const add = (entries: Iterable<Entry>) =>
    catalog.addArtifacts(
      { template: 'web', version: '1' },
      [artifactOf(digest('b'))],
      new Map([[digest('b'), entries]]),
      { actor: 'ci', action: 'version.convert', subject: 'web@1', at: new Date(0) },
    )
  const failing = {
    [Symbol.iterator]: () => {
      throw new Error('no index')
    },
  }
  await expect(add(failing)).rejects.toThrow('no index')
  expect(await audit.list(9)).toEqual([])
  await add([entryOf('etc/passwd')])
  await add([entryOf('etc/passwd')])
  expect(await audit.list(9)).toMatchObject([
    { actor: 'ci', action: 'version.convert', subject: 'web@1', at: '1970-01-01T00:00:00.000Z' },
  ])
})

test('a blob whose version is being recorded this moment is not unreferenced', async () => {
  const db = await openTestDatabase()
  const answers: boolean[] = []
  const catalog: PostgresTemplateCatalog = new PostgresTemplateCatalog(db, async (sha256) => {
    answers.push(await catalog.isUnreferenced(sha256))
  })
  expect(await catalog.isUnreferenced(digest('a'))).toBe(true)
  await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), new Map())
  expect(answers).toEqual([false])
  expect(await catalog.isUnreferenced(digest('a'))).toBe(false)
  await catalog.setState('web', '1', 'deleted')
  expect(await catalog.isUnreferenced(digest('a'))).toBe(true)
})

test('a host is armed only with versions that are ready at that moment', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const installs = new PostgresInstallLog(db, systemClock)
  const zone = { template: 'web', version: '1', odd: 'NUL \0' }
  const arm = () => installs.arm('h1', { zones: [zone] }, 3_600_000)
  await expect(arm()).rejects.toMatchObject({ code: 'VersionNotFound' })
  await catalog.putVersion(versionOf('web', '1'), new Map())
  const { install } = await arm()
  await catalog.setState('web', '1', 'revoked')
  await expect(arm()).rejects.toMatchObject({ code: 'WrongState' })
  await expect(catalog.setState('web', '1', 'deleted')).rejects.toMatchObject({ code: 'VersionInUse' })
  await installs.record(install.id, { id: '1', step: 'install', state: 'done' })
  await catalog.setState('web', '1', 'deleted')
  await expect(arm()).rejects.toMatchObject({ code: 'VersionNotFound' })
})

test('two million entries are written and read back in bounded memory', { timeout: 120_000 }, async () => {
  const catalog = new PostgresTemplateCatalog(await openTestDatabase())
  const count = 2_000_000
  const before = process.memoryUsage().rss
  let peak = before
  async function* entries() {
    for (let index = 0; index < count; index++) {
      if (index % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss)
      yield entryOf(`root/usr/share/doc/package-${index % 977}/file-${index}`, { sha256: digest('c') })
    }
  }
  const record = versionOf('big', '1', { artifacts: [artifactOf(digest('d'))] })
  await catalog.putVersion(record, new Map([[digest('d'), entries()]]))
  let read = 0
  let broken = 0
  for await (const entry of catalog.entries(digest('d'))) {
    if (read++ % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    if (entry.size !== 1 || entry.sha256 !== digest('c')) broken++
  }
  expect({ read, broken }).toEqual({ read: count, broken: 0 })
  expect((peak - before) / 1024 ** 2, 'MiB of memory above the start').toBeLessThan(300)
})

test('guids of streams that were recorded before there was a column for them are found', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const artifacts = [artifactOf(digest('a')), { ...artifactOf(digest('b')), guid: '12345678901234567890' }]
  const odd = { notes: 'NUL \0, half a pair \ud800, a backslash and u0000: \\u0000' }
  await catalog.putVersion(versionOf('web', '1', { artifacts, ...odd }), new Map())
  await catalog.putVersion(versionOf('web', '2', { artifacts: artifacts.slice(0, 1) }), new Map())
  await sql`drop index artifact_guid`.execute(db)
  await sql`alter table artifact drop column guid`.execute(db)
  const migration = path.join(
    import.meta.dirname,
    '../../../adapters/postgres/migrations/0008-stream-guids.sql',
  )
  await sql.raw(await readFile(migration, 'utf8')).execute(db)
  const found = await catalog.findVersionsByGuid('12345678901234567890')
  expect(found.map(({ manifest }) => [manifest.version, manifest.notes])).toEqual([['1', odd.notes]])
})
