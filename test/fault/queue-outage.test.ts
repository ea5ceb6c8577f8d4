// Redis or PostgreSQL goes away in the middle of a build, for longer than two locks of a job: the build ends well, and its
// script never runs beside itself. OUTAGE_SECONDS=30 makes the outages as long as an administrator would notice.
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Build } from '#core/build/build.ts'
import { createTestDatabase } from '#test/postgres-database.ts'
import { redisProgram } from '#test/redis-server.ts'
import { sandboxLack, type TestHost } from '../system/sandbox-fixture.ts'
import { BreakablePostgres } from './breakable-postgres.ts'
import { BreakableRedis } from './breakable-redis.ts'
import {
  createBuildHost,
  getBuild,
  logOf,
  RecipeFolder,
  requestBuild,
  send,
  startBuilder,
  untilOver,
} from './build-fixture.ts'
import type { MortalProduct } from './product-fixture.ts'

const LOCK_SECONDS = 2
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 3 * LOCK_SECONDS) * 1000
const LIMIT = 300_000 + OUTAGE_MS

/** Its script says ten times a second that it runs, in a directory of the host, until it is told to end. */
const slow = `summary: takes its time
brand: native
osFamily: solaris10
source: { install: [-d, /var/tmp/zoneroot, -u] }
zonecfg: |
  add fs
  set dir=/mark
  set special=/var/tmp/mark
  set type=lofs
  end
customize: customize.sh
formats: [tar.zst]
hygiene:
  - { rule: setuid, path: opt/app/bin/, why: the application brings them }
`
const script = `#!/bin/sh
me=\`date +%s%N\`.$$
while [ ! -f /mark/go ]; do
  echo $me >>/mark/beats || exit 1
  sleep 0.1
done
`

describe.skipIf(sandboxLack)('an engine goes away in the middle of a build', { timeout: LIMIT }, () => {
  let host: TestHost
  const recipes = new RecipeFolder()

  beforeAll(async () => {
    host = await createBuildHost(`outage-${process.pid}`)
    recipes.write('slow', slow, { 'customize.sh': script })
  }, 60_000)
  afterAll(async () => {
    recipes.remove()
    await host?.destroy()
  })

  const beats = async () =>
    (await host.run(['cat', '/var/tmp/mark/beats'])).stdout.split('\n').filter(Boolean)
  const untilMoreBeatsThan = (count: number) =>
    vi.waitFor(async () => expect((await beats()).length).toBeGreaterThan(count), {
      timeout: 120_000,
      interval: 100,
    })

  /** Begins to build `slow` and lets `outage` happen while its script runs; afterwards the script may end. */
  async function buildThrough(product: MortalProduct, outage: () => Promise<void>): Promise<Build> {
    await host.must(['sh', '-c', 'rm -rf /var/tmp/mark && mkdir -m 777 /var/tmp/mark'])
    const build = await requestBuild(product, 'slow')
    await untilMoreBeatsThan(0)
    await outage()
    await vi.waitFor(async () => expect((await send(product, 'GET', '/readyz')).status).toBe(200), {
      timeout: 30_000,
    })
    await untilMoreBeatsThan((await beats()).length + 5)
    await host.must(['touch', '/var/tmp/mark/go'])
    return build
  }

  /** Whoever began after another was the last to say anything: no two at a time. */
  async function expectOneAtATime(): Promise<void> {
    const said = await beats()
    const turns = said.filter((one, index) => one !== said[index - 1])
    expect(turns, 'each script ran in one piece').toEqual([...new Set(said)])
  }

  /** The steps behind the script are done too; what they do is tested elsewhere. */
  async function expectGoesOn(product: MortalProduct, build: Build): Promise<void> {
    await vi.waitFor(
      async () => {
        const { steps, failure } = await getBuild(product, build)
        expect(failure).toBeUndefined()
        expect(steps.find(({ name }) => name === 'smoke')).toMatchObject({ state: 'done' })
      },
      { timeout: 120_000, interval: 100 },
    )
    await send(product, 'POST', `/api/v1/builds/${build.id}/cancel`)
    expect((await untilOver(product, build, 120_000)).state).toBe('cancelled')
    await expectOneAtATime()
  }

  async function expectDone(product: MortalProduct, asked: Build): Promise<void> {
    const build = await untilOver(product, asked, 200_000)
    expect(build.state, `${JSON.stringify(build.failure)}\n${await logOf(product, build)}`).toBe('done')
    expect((await product.versions('slow')).map(({ state }) => state)).toEqual(['ready'])
    await expectOneAtATime()
  }

  describe.skipIf(redisProgram === undefined)('Redis (needs redis-server)', () => {
    async function startOnRedis(): Promise<{ redis: BreakableRedis; product: MortalProduct }> {
      const redis = new BreakableRedis(redisProgram ?? '')
      await redis.start()
      const database = await createTestDatabase()
      onTestFinished(async () => {
        await redis.remove()
        await database.drop()
      })
      const product = await startBuilder(host, recipes, {
        REDIS_URL: redis.url,
        DATABASE_URL: database.url,
        ZONEFLASH_JOB_LOCK_SECONDS: String(LOCK_SECONDS),
      })
      return { redis, product }
    }

    test('it hangs, and answers again', async () => {
      const { redis, product } = await startOnRedis()
      const build = await buildThrough(product, async () => {
        redis.suspend()
        await after(OUTAGE_MS)
        redis.resume()
      })
      await expectGoesOn(product, build)
    })

    test('it is lost wholly: the build goes on, and no schedule and no history is gone', async () => {
      const { redis, product } = await startOnRedis()
      recipes.write('nothing', 'summary: cannot be built\n', {})
      const schedule = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', builds: ['nothing'] }
      await send(product, 'PUT', '/api/v1/schedules/nightly', schedule)
      await send(product, 'POST', '/api/v1/schedules/nightly/runs')
      const look = async () => (await send(product, 'GET', '/api/v1/schedules/nightly')).json()
      await vi.waitFor(async () => expect(await look()).toMatchObject({ last: { state: 'done' } }), {
        timeout: 20_000,
      })
      const { next: _, ...before } = (await look()) as Record<string, unknown>
      const build = await buildThrough(product, async () => {
        await redis.kill()
        redis.forgetEverything()
        await after(OUTAGE_MS)
        await redis.start()
      })
      await expectDone(product, build)
      expect(await look()).toMatchObject(before)
    })
  })

  test('PostgreSQL, which has queue and catalog, is stopped and comes back', async () => {
    const postgres = new BreakablePostgres()
    await postgres.start()
    onTestFinished(() => postgres.remove())
    const product = await startBuilder(host, recipes, {
      DATABASE_URL: postgres.url,
      ZONEFLASH_JOB_LOCK_SECONDS: String(LOCK_SECONDS),
    })
    const build = await buildThrough(product, async () => {
      await postgres.stop()
      await after(OUTAGE_MS)
      await postgres.start()
    })
    await expectDone(product, build)
  })
})
