import { expect, test, vi } from 'vitest'
import { createSharedSources } from '#app/images/shared-sources.ts'
import { digest, artifactOf, versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryImageStore } from '#test/fakes/memory-image-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

async function open() {
  const clock = new FakeClock()
  const catalog = new MemoryTemplateCatalog()
  await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), new Map())
  await catalog.setOpenTo('web', ['imgadm'])
  const needs = {
    catalog,
    channels: new MemoryChannelStore(catalog, new MemoryAuditLog(clock)),
    images: new MemoryImageStore(catalog),
  }
  const reads = vi.spyOn(catalog, 'listTemplates')
  return { catalog, reads, read: createSharedSources(needs) }
}
const names = ({ all }: { all: readonly { template: string }[] }) => all.map(({ template }) => template)

test('who asks at the same time gets one list, and who comes later a new one', async () => {
  const { catalog, reads, read } = await open()
  const lists = await Promise.all([1, 2, 3].map(() => read({ client: 'imgadm' })))
  expect(lists.map(names)).toEqual([['web'], ['web'], ['web']])
  expect(reads).toHaveBeenCalledTimes(1)
  await catalog.setOpenTo('web', [])
  expect(names(await read({ client: 'imgadm' }))).toEqual([])
  expect(reads).toHaveBeenCalledTimes(2)
})

test('another client and who has a token get lists of their own', async () => {
  const { read } = await open()
  const token = {
    id: '1',
    name: 'smartos1',
    role: 'reader' as const,
    createdAt: '2026-11-20T11:00:00.000Z',
    lastUsedAt: undefined,
  }
  const lists = await Promise.all([
    read({ client: 'imgadm' }),
    read({ client: 'zadm' }),
    read({ client: 'imgadm', token: { ...token, templates: ['db'] } }),
    read({ client: 'zadm', token }),
  ])
  expect(lists.map(names)).toEqual([['web'], [], ['web'], ['web']])
})

test('a list that failed is read again', async () => {
  const { reads, read } = await open()
  reads.mockRejectedValueOnce(new Error('the database is gone'))
  await expect(read({ client: 'imgadm' })).rejects.toThrow('the database is gone')
  expect(names(await read({ client: 'imgadm' }))).toEqual(['web'])
})
