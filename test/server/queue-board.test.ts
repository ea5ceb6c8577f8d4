import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BullmqJobQueue } from '#adapters/queue/bullmq-job-queue.ts'
import { Role } from '#core/role.ts'
import { describeOnEveryEngine } from '#test/queue-engines.ts'
import { serve, type Served } from './served.ts'

const QUEUES = '/admin/queues/api/queues'

interface Board {
  queues: {
    name: string
    readOnlyMode: boolean
    counts: Record<string, number>
    jobs: { id: string; data: unknown }[]
  }[]
}

describeOnEveryEngine((engine) => {
  let served: Served
  let queue: BullmqJobQueue
  const job = { template: 'web', version: '1.0', host: 'h1', zone: 'web' }
  const basic = (password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}` },
  })

  beforeAll(async () => {
    queue = await BullmqJobQueue.open(engine())
    await queue.add('package', job, 'package_web_1.0')
    served = await serve({ queue, queueBoard: queue.board })
  })
  afterAll(async () => {
    await served[Symbol.asyncDispose]()
    await queue.close()
  })

  test('an admin sees the queue and its jobs, with a header or from a browser', async () => {
    for (const options of [{ as: 'admin' as const }, basic(served.secrets.admin)]) {
      const { status, json } = await served.call(
        'GET',
        `${QUEUES}?activeQueue=zoneflash&status=waiting`,
        options,
      )
      expect(status).toBe(200)
      const { queues } = json as Board
      expect(queues).toMatchObject([{ name: 'zoneflash', readOnlyMode: true, counts: { waiting: 1 } }])
      expect(queues[0]?.jobs).toMatchObject([{ id: 'package_web_1.0', data: job }])
    }
  })

  test('its page and scripts come from this server alone', async () => {
    const page = await served.call('GET', '/admin/queues', { as: 'admin' })
    expect(page.status).toBe(200)
    expect(page.text).toContain('<base href="/admin/queues/"')
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/)
    const [, script = ''] = /src="(static\/js\/main[^"]+)"/.exec(page.text) ?? []
    expect((await served.call('GET', `/admin/queues/${script}`, { as: 'admin' })).status).toBe(200)
  })

  test('it changes nothing', async () => {
    for (const [method, route] of [
      ['PUT', '/queues/zoneflash/pause'],
      ['PUT', '/queues/zoneflash/clean/waiting'],
      ['POST', '/queues/zoneflash/add'],
      ['DELETE', '/queues/zoneflash/obliterate'],
    ] as const) {
      const reply = await served.call(method, `/admin/queues/api${route}`, { as: 'admin' })
      expect([reply.status, reply.json], route).toMatchObject([403, { code: 'ReadOnly' }])
    }
    expect(await queue.status('package_web_1.0')).toMatchObject({ state: 'waiting' })
  })

  describe('nobody else sees anything of it', () => {
    const routes = ['/admin/queues', '/admin/queues/', QUEUES, '/admin/queues/static/favicon-32x32.png']

    test.each(routes)('%s', async (route) => {
      for (const options of [{}, basic('zf_wrong'), { headers: { authorization: 'Basic !' } }]) {
        const reply = await served.call('GET', route, options)
        expect(reply.status).toBe(401)
        expect(reply.headers.get('www-authenticate')).toBe('Basic realm="zoneflash"')
      }
      for (const as of Role.options.filter((role) => role !== 'admin')) {
        const reply = await served.call('GET', route, { as })
        expect([reply.status, reply.json], as).toMatchObject([403, { code: 'RoleTooLow' }])
        expect((await served.call('GET', route, basic(served.secrets[as]))).status).toBe(403)
      }
    })
  })
})
