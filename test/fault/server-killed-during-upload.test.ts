// kill -9 of the server at random moments of an upload: what was acknowledged is there, the rest never was.
import { setTimeout as after } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { MortalProduct } from './product-fixture.ts'
import { randomArchive, sha256Of } from './random-archive.ts'
import { ResumableUpload } from './resumable-upload.ts'

const MOMENTS = 20
const MEGABYTES = 8

/** Resolves with the HTTP status, or undefined when the connection died. */
async function push(
  product: MortalProduct,
  version: string,
  archive: Buffer<ArrayBuffer>,
): Promise<number | undefined> {
  const form = new FormData()
  form.set('facts', JSON.stringify({ version, brand: 'lx' }))
  form.set('file', new Blob([archive]), 'zone.tar')
  const answer = await product.now
    .call('/api/v1/templates/fault/versions', { method: 'POST', body: form })
    .catch(() => undefined)
  return answer?.status
}

test(`after kill -9 at ${MOMENTS} random moments of an upload every acknowledged version is whole and nothing half-done is left`, async () => {
  const product = new MortalProduct()
  await product.start()
  const calm = await randomArchive(MEGABYTES)
  const begun = performance.now()
  expect(await push(product, '0-calm', calm)).toBe(201)
  const calmMs = performance.now() - begun

  const digests = new Map([['0-calm', sha256Of(calm)]])
  const acknowledged = new Set(['0-calm'])
  for (let moment = 1; moment <= MOMENTS; moment++) {
    const version = `${moment}-fault`
    const archive = await randomArchive(MEGABYTES)
    digests.set(version, sha256Of(archive))
    const status = push(product, version, archive)
    await after(Math.random() * calmMs)
    await product.kill()
    if ((await status) === 201) acknowledged.add(version)

    await product.start()
    const versions = await product.versions('fault')
    expect(versions.map(({ state }) => state).filter((state) => state !== 'ready')).toEqual([])
    const visible = new Set(versions.map(({ manifest }) => manifest.version))
    expect([...acknowledged.difference(visible)], 'acknowledged and lost').toEqual([])
    for (const one of versions) {
      expect(one.manifest.artifacts.map(({ sha256 }) => sha256)).toEqual([digests.get(one.manifest.version)])
      if (one.manifest.version === version) await product.expectWhole(one)
    }
    await product.expectNothingBesides(versions)
  }
  expect(acknowledged.size, 'uploads that no kill interrupted').toBeLessThan(MOMENTS)
  for (const version of await product.versions('fault')) await product.expectWhole(version)
}, 300_000)

/** Kills the server as soon as a draft has more than `bytes`: what a client has sent may still be on its way. */
async function killOnceReceived(product: MortalProduct, bytes: number): Promise<void> {
  await vi.waitFor(async () => expect(await product.draftBytes()).toBeGreaterThan(bytes), {
    timeout: 20_000,
    interval: 1,
  })
  await product.kill()
}

test('an upload that was cut by kill -9 again and again goes on at its offset and becomes whole', async () => {
  const product = new MortalProduct()
  await product.start()
  const archive = await randomArchive(MEGABYTES)
  const facts = { version: '1', brand: 'lx' }
  const upload = await ResumableUpload.create(product, { template: 'resumed', facts }, archive)

  for (let cut = 1; cut <= 5; cut++) {
    const from = await upload.offset()
    // Somewhere in the next third, so that something is left for the cuts that follow.
    const given = Math.ceil((Math.random() * (archive.byteLength - from)) / 3)
    await upload.sendUntil(from + given, () => killOnceReceived(product, from))
    await product.start()
    const received = await upload.offset()
    expect(received).toBeGreaterThan(from)
    expect(received).toBeLessThanOrEqual(from + given)
    expect(await product.versions('resumed')).toEqual([])
    await product.expectNothingBesides([])
  }

  // Every byte is on its way; the kill may come before, during or after the upload becomes a version.
  const last = upload.sendRest().catch(() => undefined)
  await after(Math.random() * 100)
  await product.kill()
  await last
  await product.start()
  if ((await upload.offset()) < archive.byteLength) await upload.sendRest()
  expect(await upload.result()).toMatchObject({ state: 'ready', manifest: { version: '1' } })

  const versions = await product.versions('resumed')
  expect(versions.map(({ manifest }) => manifest.artifacts[0]?.sha256)).toEqual([sha256Of(archive)])
  for (const version of versions) await product.expectWhole(version)
  await product.expectNothingBesides(versions)
  expect(await product.draftBytes()).toBe(0)
}, 120_000)

test('an upload that was cut by kill -9 and is given up leaves nothing', async () => {
  const product = new MortalProduct()
  await product.start()
  const archive = await randomArchive(MEGABYTES)
  const facts = { version: '1', brand: 'lx' }
  const upload = await ResumableUpload.create(product, { template: 'given-up', facts }, archive)
  await upload.sendUntil(archive.byteLength / 2, () => killOnceReceived(product, 0))
  await product.start()
  expect(await upload.offset()).toBeGreaterThan(0)
  await upload.giveUp()
  expect(await product.draftBytes()).toBe(0)
  await product.expectNothingBesides([])
}, 60_000)
