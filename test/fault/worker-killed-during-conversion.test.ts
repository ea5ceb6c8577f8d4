// kill -9 of the worker at random moments while it converts: the version has the new form once and whole, or not yet.
import { setTimeout as after } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { artifactExtension } from '#core/manifest.ts'
import { MortalProduct } from './product-fixture.ts'
import { randomArchive } from './random-archive.ts'

const ADDRESS = '/api/v1/templates/web/versions'
const TARGETS = ['zfs', 'cpio.gz'] as const

test('a conversion whose worker is killed is done by the next one, and nothing is left of the dead', async () => {
  const product = new MortalProduct({ ZONEFLASH_JOB_LOCK_SECONDS: '1' })
  await product.start()
  const form = new FormData()
  form.set('facts', JSON.stringify({ version: '1', brand: 'lx' }))
  form.set('file', new Blob([await randomArchive(16)]), 'web.tar')
  expect((await product.now.call(ADDRESS, { method: 'POST', body: form })).status).toBe(201)

  for (const [index, to] of TARGETS.entries()) {
    const job = await ask(product, to)
    for (let deaths = 0; deaths < 2; deaths++) {
      await after(Math.random() * 1500)
      await killWorker(product)
      const [version] = await product.versions('web')
      expect(version?.manifest.artifacts.length).toBeGreaterThanOrEqual(index + 1)
      if (version) await product.expectWhole(version)
    }
    await ask(product, to)
    await vi.waitFor(async () => expect(await stateOf(product, job)).toBe('completed'), {
      timeout: 60_000,
      interval: 100,
    })
  }

  await product.stop()
  await product.start()
  const versions = await product.versions('web')
  expect(versions[0]?.manifest.artifacts.map(artifactExtension)).toEqual(['tar', ...TARGETS])
  for (const version of versions) await product.expectWhole(version)
  await product.expectNothingBesides(versions)
}, 240_000)

/** The id of the job; asked for when it is done, there is none. */
async function ask(product: MortalProduct, to: string): Promise<string | undefined> {
  const answer = await product.now.call(`${ADDRESS}/1/conversions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to }),
  })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { job?: string }).job
}

async function stateOf(product: MortalProduct, job: string | undefined): Promise<string> {
  const answer = await product.now.call(`/api/v1/jobs/${job}`)
  return ((await answer.json()) as { state: string }).state
}

async function killWorker(product: MortalProduct): Promise<void> {
  const pid = await vi.waitFor(
    () => {
      const running = product.now.workerPid()
      expect(running).toBeDefined()
      return running ?? 0
    },
    { timeout: 20_000, interval: 20 },
  )
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(product.now.workerPid()).not.toBe(pid), { timeout: 10_000, interval: 20 })
}
