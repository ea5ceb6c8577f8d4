import { expect, test } from 'vitest'
import { PostgresAuditLog } from '#adapters/postgres/audit-log.ts'
import { PostgresChannelStore } from '#adapters/postgres/channel-store.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { channelStoreContract } from '#test/contracts/channel-store.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
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

test('a change and its audit entries are there together, or neither is', async () => {
  const db = await openTestDatabase()
  const channels = new PostgresChannelStore(db)
  const audit = new PostgresAuditLog(db, new FakeClock())
  await new PostgresTemplateCatalog(db).putVersion(versionOf('web', '1'), new Map())
  const at = new Date('2026-11-20T12:00:00.000Z')
  const move = { channel: 'stable', to: '1', kind: 'promote', actor: 'ann', why: 'tried' } as const
  const broken = channels.change('web', at, () => ({ moves: [move, { ...move, channel: 'next', to: '2' }] }))
  await expect(broken).rejects.toMatchObject({ code: 'VersionNotFound' })
  expect(await audit.list(9)).toEqual([])
  await channels.change('web', at, () => ({ moves: [move] }))
  expect(await audit.list(9)).toMatchObject([
    { at: at.toISOString(), actor: 'ann', action: 'template.promote', subject: 'web@stable' },
  ])
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
