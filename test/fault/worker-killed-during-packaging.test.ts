// kill -9 of the worker, and of the whole product, at random moments while a zone of a real host is packaged.
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createTestHost, sandboxLack, type TestHost } from '../system/sandbox-fixture.ts'
import { MortalProduct } from './product-fixture.ts'

const MOMENTS = 20
/** BullMQ fails a job whose worker died more often than this: worker/start-worker.ts. */
const MAX_DEATHS = 5
/** After so many deaths a job of this test may end in peace. */
const DEATHS_OF_A_JOB = 3

/** A zoneroot of 10 MB that compressors have to work on, with hard links and many small files. */
const makeZoneroot = `
root=/var/tmp/source
mkdir -p $root/etc $root/usr/bin $root/usr/lib $root/var/sadm/pkg $root/dev
echo 'root:x:0:0:Super-User:/:/sbin/sh' >$root/etc/passwd
echo flash >$root/etc/nodename
head -c 8388608 /dev/urandom >$root/usr/lib/random
yes 'a line that compressors like' | head -c 2097152 >$root/usr/lib/text
ln $root/usr/lib/text $root/usr/bin/linked
n=0; while [ $n -lt 200 ]; do echo $n >$root/var/sadm/pkg/$n; n=$((n + 1)); done
`

interface PackageJob {
  job: string
  version: string
}

describe.skipIf(sandboxLack)('packaging on a sandbox host', () => {
  let host: TestHost

  beforeAll(async () => {
    host = await createTestHost('fault-box', ['--release', 's10u8'])
    await host.must(['sh', '-eus'], makeZoneroot)
    for (const zone of ['flash', 'whole']) {
      await host.must(['zonecfg', '-z', zone, `create -b; set zonepath=/zones/${zone}`])
      await host.must(['zoneadm', '-z', zone, 'install', '-d', '/var/tmp/source', '-p'])
      await host.must(['zoneadm', '-z', zone, 'detach'])
    }
  })
  afterAll(() => host.destroy())

  async function startedProduct(): Promise<MortalProduct> {
    const product = new MortalProduct({ SANDBOX_DIR: host.directory, ZONEFLASH_JOB_LOCK_SECONDS: '1' })
    await product.start()
    const box = { name: 'box', release: 's10u8', transport: `sandbox:${host.name}` }
    expect((await send(product, 'POST', '/api/v1/hosts', box)).status).toBe(201)
    return product
  }

  /** Asks for a version of the template `zone`. */
  async function requestPackage(
    product: MortalProduct,
    zone: string,
    version: string,
    more: object = {},
  ): Promise<PackageJob> {
    const wanted = { host: 'box', zone, version, ...more }
    const answer = await send(product, 'POST', `/api/v1/templates/${zone}/package`, wanted)
    expect(answer.status).toBe(202)
    return (await answer.json()) as PackageJob
  }

  /** The snapshots that packaging took of the zone. */
  async function snapshots(zone: string): Promise<string[]> {
    const list = await host.must(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name'])
    return list.split('\n').flatMap((name) => name.split(`/zones/${zone}@zoneflash-`)[1] ?? [])
  }

  /** What readers of the host's zone or of its snapshots are at work there. */
  async function readers(): Promise<string[]> {
    const processes = await host.must(['ps', '-e', '-o', 'args='])
    return processes.split('\n').filter((line) => /tar --create|zfs send/.test(line))
  }

  /** After a restart: every version is ready and whole, and there is nothing besides, here and on the host. */
  async function expectClean(product: MortalProduct, template: string): Promise<string[]> {
    const versions = await product.versions(template)
    expect(versions.filter(({ state }) => state !== 'ready')).toEqual([])
    for (const version of versions) await product.expectWhole(version)
    await product.expectNothingBesides(versions)
    expect(await readers()).toEqual([])
    const names = versions.map(({ manifest }) => manifest.version).toSorted()
    await vi.waitFor(async () => expect((await snapshots(template)).toSorted()).toEqual(names), {
      timeout: 20_000,
      interval: 100,
    })
    return names
  }

  test(`after kill -9 of the worker at ${MOMENTS} random moments no version is half and nothing is left`, async () => {
    const product = await startedProduct()
    const calm = await requestPackage(product, 'flash', '0')
    await untilStarted(product, 0)
    const begun = performance.now()
    expect(await untilOver(product, calm)).toBe('completed')
    const calmMs = performance.now() - begun
    const origin = { template: 'flash', version: '0' }
    const checked = new Set<string>()
    const finished = ['0']

    let killed = 0
    for (let number = 1; killed < MOMENTS; number++) {
      let starts = jobStarts(product)
      const wanted = await requestPackage(product, 'flash', String(number), { origin })
      // The first job is killed until the queue gives it up.
      const limit = number === 1 ? MAX_DEATHS + 1 : DEATHS_OF_A_JOB
      for (let deaths = 0; deaths < limit && killed < MOMENTS; deaths++) {
        if (!(await untilStartedOrOver(product, wanted, starts))) break
        starts = jobStarts(product)
        await after(Math.random() * calmMs)
        await killWorker(product)
        killed += 1
        for (const version of await product.versions('flash')) {
          const { state, manifest } = version
          if (state !== 'ready' || checked.has(manifest.version)) continue
          await product.expectWhole(version)
          checked.add(manifest.version)
        }
      }
      const state = await untilOver(product, wanted)
      if (state === 'completed') finished.push(wanted.version)
      else if (limit <= MAX_DEATHS) throw new Error(`job ${wanted.job} failed:\n${product.now.output()}`)
    }

    await product.stop()
    await product.start()
    expect(await expectClean(product, 'flash')).toEqual(finished.toSorted())
  }, 400_000)

  test('after kill -9 of the whole product its packaging goes on at the next start, and so does what a deletion began', async () => {
    const product = await startedProduct()
    for (const version of ['1', '2', '3']) {
      const starts = jobStarts(product)
      const wanted = await requestPackage(product, 'whole', version)
      await untilStarted(product, starts)
      await after(Math.random() * 1500)
      await product.kill()
      await product.start()
      expect(await untilOver(product, wanted)).toBe('completed')
    }
    await product.stop()
    await product.start()
    expect(await expectClean(product, 'whole')).toEqual(['1', '2', '3'])

    expect((await product.now.call('/api/v1/templates/whole/versions/2', { method: 'DELETE' })).ok).toBe(true)
    await product.kill()
    await product.start()
    expect(await expectClean(product, 'whole')).toEqual(['1', '3'])
  }, 240_000)
})

function send(product: MortalProduct, method: string, route: string, body: object): Promise<Response> {
  return product.now.call(route, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** How often a worker of this start of the product has begun to package; what it releases beside that begins when it likes. */
function jobStarts(product: MortalProduct): number {
  return product.now.output().match(/"job":"package",.*"job started"/g)?.length ?? 0
}

async function untilStarted(product: MortalProduct, before: number): Promise<void> {
  const begins = () => expect(jobStarts(product)).toBeGreaterThan(before)
  await vi.waitFor(begins, { timeout: 30_000, interval: 5 }).catch((cause: unknown) => {
    throw new Error(`no job begins:\n${product.now.output().slice(-4000)}`, { cause })
  })
}

async function jobState(product: MortalProduct, { job }: PackageJob): Promise<string> {
  const answer = await product.now.call(`/api/v1/jobs/${job}`)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { state: string }).state
}

function isOver(state: string): boolean {
  return state === 'completed' || state === 'failed'
}

/** Waits until a worker begins the job again: true; or until it is over: false. */
async function untilStartedOrOver(product: MortalProduct, job: PackageJob, before: number): Promise<boolean> {
  for (const end = performance.now() + 30_000; performance.now() < end; await after(20)) {
    if (jobStarts(product) > before) return true
    if (isOver(await jobState(product, job))) return false
  }
  throw new Error(`nobody begins job ${job.job}:\n${product.now.output()}`)
}

async function untilOver(product: MortalProduct, job: PackageJob): Promise<string> {
  for (const end = performance.now() + 60_000; performance.now() < end; await after(50)) {
    const state = await jobState(product, job)
    if (isOver(state)) return state
  }
  throw new Error(`job ${job.job} does not end:\n${product.now.output()}`)
}

/** `kill -9` of the worker that runs; there is one, for it has just begun a job. */
async function killWorker(product: MortalProduct): Promise<void> {
  const pid = product.now.workerPid()
  if (pid === undefined) throw new Error(`there is no worker:\n${product.now.output().slice(-4000)}`)
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(product.now.workerPid()).not.toBe(pid), { timeout: 5000, interval: 5 })
}
