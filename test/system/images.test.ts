// What imgadm and zadm do with what the server gives them, on real ZFS (zfs-fuse).
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { convertVersion } from '#app/convert/convert-version.ts'
import type { CatalogueEntry } from '#core/images/catalogue.ts'
import type { JobData } from '#core/jobs.ts'
import { shell, withTree } from '#test/archives.ts'
import { openConversionSite, type ConversionSite } from '#test/app/convert/conversion-site.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { getJson, importImage, type Listed } from '#test/server/images/image-client.ts'
import { serve, type Served } from '#test/server/served.ts'
import { createTestHost, sandboxCommand, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const POOL = 'images'
const FILL =
  'mkdir -p etc usr/bin; echo one >etc/motd; seq 100000 >usr/bin/data; ln usr/bin/data usr/bin/also'
const tar = (directory: string) => shell(directory, 'tar --sort=name --owner=0 --group=0 -cf - ./*')
const first = withTree(`${FILL}\nfind . -exec touch -h -d @1000000000 {} +`, tar)
const second = withTree(`${FILL}; echo two >etc/motd\nfind . -exec touch -h -d @1000000000 {} +`, tar)

describe.skipIf(sandboxLack)('on a host with ZFS', () => {
  let site: ConversionSite
  let served: Served
  let host: TestHost
  const queue = new MemoryJobQueue()

  beforeAll(async () => {
    site = await openConversionSite()
    served = await serve({ catalog: site.catalog, blobs: site.blobs, queue })
    host = await createTestHost(POOL)
  })
  afterAll(async () => {
    await host.destroy()
    await served[Symbol.asyncDispose]()
    await site.close()
  })

  /** Opens the template, and does what the workers then have to do. */
  async function open(body: object): Promise<void> {
    await served.call('PATCH', '/api/v1/templates/web', { as: 'publisher', body })
    for (const { id, data } of queue.jobs.filter(({ state }) => state === 'waiting')) {
      await convertVersion(
        data as JobData<'convert'>,
        new AbortController().signal,
        async () => {},
        site.needs,
      )
      queue.finish(id)
    }
  }
  const enter = (argv: readonly string[], input?: Uint8Array) =>
    execFileSync(sandboxCommand, ['enter', POOL, '--', ...argv], {
      env: { ...process.env, SANDBOX_DIR: host.directory },
      encoding: 'utf8',
      ...(input && { input }),
    })
  const snapshotsOf = (dataset: string) =>
    enter(['zfs', 'list', '-H', '-r', '-t', 'snapshot', '-o', 'name', dataset]).trim().split('\n')

  test('imgadm imports an image with its origin: one snapshot each, the zone in root/', async () => {
    await site.push('1', first, { brand: 'joyent', osFamily: 'illumos' })
    const origin = { template: 'web', version: '1' }
    await open({ openTo: ['imgadm'] })
    await site.push('2', second, { brand: 'joyent', osFamily: 'illumos', origin })
    await open({ openTo: ['imgadm'] })
    const { body: images } = await getJson<Listed[]>(`${served.url}/images`)
    const [base, child] = ['1', '2'].map((name) => images.find(({ version }) => version === name))
    expect(child?.origin).toBe(base?.uuid)
    for (const [uuid, bytes] of await importImage([served.url], String(child?.uuid))) {
      const compression = images.find((one) => one.uuid === uuid)?.files[0].compression
      const partial = `${POOL}/${uuid}-partial`
      enter(['zfs', 'receive', '-u', partial], compression === 'gzip' ? gunzipSync(bytes) : bytes)
      const [snapshot = '', ...more] = snapshotsOf(partial)
      expect(more).toEqual([])
      enter(['zfs', 'rename', snapshot, `${partial}@final`])
      enter(['zfs', 'rename', partial, `${POOL}/${uuid}`])
      enter(['zfs', 'mount', `${POOL}/${uuid}`])
    }
    const motd = (uuid = '') => enter(['cat', `/${POOL}/${uuid}/root/etc/motd`])
    expect([motd(base?.uuid), motd(child?.uuid)]).toEqual(['one\n', 'two\n'])
    expect(enter(['zfs', 'get', '-H', '-o', 'value', 'origin', `${POOL}/${child?.uuid}`]).trim()).toBe(
      `${POOL}/${base?.uuid}@final`,
    )
  })

  test('zadm installs a stream with the root file system at its top', async () => {
    await open({ openTo: ['zadm'] })
    const { body } = await getJson<{ images: CatalogueEntry[] }>(`${served.url}/media/img.json`)
    const entry = body.images.find(({ version }) => version === '2')
    expect(entry).toMatchObject({ brand: 'illumos', type: 'illumos-dataset', comp: 'gz' })
    const bytes = Buffer.from(await (await fetch(`${served.url}/media/${entry?.path}`)).arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry?.sha256)
    enter(['zfs', 'receive', `${POOL}/omnios`], gunzipSync(bytes))
    expect(enter(['sh', '-c', `cd /${POOL}/omnios && ls && cat etc/motd`])).toBe('etc\nusr\ntwo\n')
  })
})
