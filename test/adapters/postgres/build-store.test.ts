import { expect, test } from 'vitest'
import { PostgresBuildStore } from '#adapters/postgres/build-store.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { buildStoreContract } from '#test/contracts/build-store.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { newBuild } from '#test/fixtures/new-build.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

buildStoreContract('MemoryBuildStore', async (clock) => new MemoryBuildStore(clock))
buildStoreContract('PostgresBuildStore', async (clock) => {
  const db = await openTestDatabase()
  // the origin of the builds in the contract
  await new PostgresTemplateCatalog(db).putVersion(versionOf('default', '1'), new Map())
  return new PostgresBuildStore(db, clock)
})

const origin = { template: 'default', version: '1', sha256: 'c'.repeat(64) }

test('the origin of a build cannot be deleted until the build is over, and one that is gone cannot be taken', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  const builds = new PostgresBuildStore(db, new FakeClock('2025-01-01T00:00:00.000Z'))
  await catalog.putVersion(versionOf('default', '1'), new Map())
  const inputs = { recipe: 'b'.repeat(64), origin, media: [] }
  const { id } = await builds.create(newBuild({ inputs }))
  await expect(catalog.setState('default', '1', 'deleted')).rejects.toMatchObject({ code: 'VersionInUse' })
  expect(await catalog.referencedBlobs(), 'its bundle').toContain(inputs.recipe)
  await builds.finish(id, 'failed', { zoneKept: true })
  await builds.setZoneKept(id, false)
  expect(await catalog.referencedBlobs(), 'over for a year').not.toContain(inputs.recipe)
  await catalog.setState('default', '1', 'deleted')
  const late = builds.create(newBuild({ inputs, id: crypto.randomUUID(), version: '2' }))
  await expect(late).rejects.toMatchObject({ code: 'VersionNotFound' })
})
