import { expect, test } from 'vitest'
import { PostgresChannelStore } from '#adapters/postgres/channel-store.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { channelStoreContract } from '#test/contracts/channel-store.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

channelStoreContract('MemoryChannelStore', async () => {
  const catalog = new MemoryTemplateCatalog()
  return { catalog, channels: new MemoryChannelStore(catalog) }
})
channelStoreContract('PostgresChannelStore', async () => {
  const db = await openTestDatabase()
  return { catalog: new PostgresTemplateCatalog(db), channels: new PostgresChannelStore(db) }
})

test('origins in a ring, which only a damaged database has, end the search all the same', async () => {
  const db = await openTestDatabase()
  const catalog = new PostgresTemplateCatalog(db)
  await catalog.putVersion(versionOf('a', '1'), new Map())
  await catalog.putVersion(versionOf('b', '1', { origin: { template: 'a', version: '1' } }), new Map())
  await db
    .updateTable('version')
    .set({ origin_template: 'b', origin_version: '1' })
    .where('template', '=', 'a')
    .execute()
  const channels = new PostgresChannelStore(db)
  await catalog.setState('a', '1', 'revoked', { at: new Date(0) })
  expect((await channels.blocked()).map(({ template }) => template)).toEqual(['a', 'b'])
  expect(await channels.withDescendants('a', '1')).toHaveLength(2)
})
