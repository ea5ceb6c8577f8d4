import { expect, test } from 'vitest'
import { PostgresImageStore } from '#adapters/postgres/image-store.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { imageStoreContract } from '#test/contracts/image-store.ts'
import { artifactOf, digest, entryOf, versionOf } from '#test/contracts/template-catalog.ts'
import { MemoryImageStore } from '#test/fakes/memory-image-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

imageStoreContract('MemoryImageStore', async () => {
  const catalog = new MemoryTemplateCatalog()
  return { catalog, images: new MemoryImageStore(catalog) }
})
imageStoreContract('PostgresImageStore', async () => {
  const db = await openTestDatabase()
  return { catalog: new PostgresTemplateCatalog(db), images: new PostgresImageStore(db) }
})

test('the file and the index of an image on its way are no garbage, until it is given up', async () => {
  const db = await openTestDatabase()
  const [catalog, images] = [new PostgresTemplateCatalog(db), new PostgresImageStore(db)]
  const uuid = '6f2d3a52-0c1e-4b7a-9d36-2f6a9d6f1c11'
  await images.create({
    uuid,
    template: 'web',
    version: '1.0',
    manifest: { v: 2, uuid, name: 'web', version: '1.0', type: 'zone-dataset', os: 'smartos' },
    createdBy: 'ci',
    createdAt: new Date(),
  })
  await images.setFile(uuid, artifactOf(digest('a')), [entryOf('etc')])
  const entries = async () => {
    let count = 0
    for await (const _ of catalog.entries(digest('a'))) count += 1
    return count
  }
  const deleteSomething = async (version: string) => {
    await catalog.putVersion(versionOf('db', version), new Map())
    await catalog.setState('db', version, 'deleted')
  }
  await deleteSomething('1')
  expect(await entries()).toBe(1)
  expect(await catalog.isUnreferenced(digest('a'))).toBe(false)
  expect(await catalog.referencedBlobs()).toContain(digest('a'))
  await images.remove(uuid)
  await deleteSomething('2')
  expect(await entries()).toBe(0)
  expect(await catalog.isUnreferenced(digest('a'))).toBe(true)
  expect(await catalog.referencedBlobs()).not.toContain(digest('a'))
})
