import { afterEach, beforeEach, expect, test } from 'vitest'
import { artifactOf, versionOf } from '#test/contracts/template-catalog.ts'
import { addVersion, serve, type Served } from '../served.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
  await addVersion(served.services)
})
afterEach(() => served[Symbol.asyncDispose]())

const ask = (body: object, version = '1.0', as: 'publisher' | 'operator' = 'publisher') =>
  served.call('POST', `/api/v1/templates/mysql/versions/${version}/conversions`, { as, body })

test('a conversion is one job, however often it is asked for', async () => {
  const first = await ask({ to: 'zfs' })
  expect([first.status, first.json]).toEqual([
    202,
    { version: '1.0', to: 'zfs', job: 'convert_mysql_1.0_zfs' },
  ])
  expect((await ask({ to: 'zfs' })).json).toEqual(first.json)
  expect(await served.services.queue.status('convert_mysql_1.0_zfs')).toMatchObject({ state: 'waiting' })
  expect((await ask({ to: 'zfs', zpl: 5 })).json).toMatchObject({ job: 'convert_mysql_1.0_zfs_5' })
})

test('a channel stands for the version that it points at', async () => {
  await served.services.catalog.setChannel('mysql', 'stable', '1.0')
  expect((await ask({ to: 'cpio.gz' }, 'stable')).json).toMatchObject({ version: '1.0' })
})

test('a form that is there needs no job', async () => {
  const { json } = await ask({ to: 'tar.gz' })
  expect(json).toMatchObject({ to: 'tar.gz', artifact: { format: 'tar', compression: 'gzip' } })
  expect(json).not.toHaveProperty('job')
})

test('a version without a form that can be read is refused at once', async () => {
  const increment = { format: 'zfs-incremental' as const, guid: '2', fromGuid: '1' }
  const { entries: _, layout: __, ...bare } = artifactOf('f'.repeat(64))
  const version = versionOf('mysql', '3.0', { artifacts: [{ ...bare, ...increment }] })
  await served.services.catalog.putVersion(version, new Map())
  expect(await ask({ to: 'tar' }, '3.0')).toMatchObject({ status: 409, json: { code: 'NothingToConvert' } })
})

test('what cannot be converted is refused when it is asked for', async () => {
  expect(await ask({ to: 'layer' })).toMatchObject({ status: 400 })
  expect(await ask({ to: 'zfs', zpl: 3 })).toMatchObject({ status: 400 })
  expect(await ask({ to: 'tar', zpl: 5 })).toMatchObject({
    status: 400,
    json: { code: 'InvalidRequest', message: expect.stringContaining('zpl: is for ZFS streams') },
  })
  expect((await ask({ to: 'izfs' })).json).toMatchObject({ code: 'NoOriginStream' })
  expect((await ask({ to: 'zfs' }, '2.0')).json).toMatchObject({ code: 'VersionNotFound' })
  expect(await ask({ to: 'zfs' }, '1.0', 'operator')).toMatchObject({ status: 403 })
  await served.services.catalog.setState('mysql', '1.0', 'revoked')
  expect(await ask({ to: 'zfs' })).toMatchObject({ status: 409, json: { code: 'WrongState' } })
})
