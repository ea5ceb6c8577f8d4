import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve, type Served } from './served.ts'

let served: Served
let token: string
let installId: string

beforeEach(async () => {
  served = await serve()
  const { install, secret } = await served.services.installs.arm('h1', { zones: [] }, 3_600_000)
  token = secret
  installId = install.id
})
afterEach(() => served[Symbol.asyncDispose]())

const post = (body: string, secret = token, type = 'application/json', host = 'h1') =>
  served.call('POST', `/js/${host}/${secret}/events`, { body, headers: { 'content-type': type } })
const event = (id: string, step = 'fetch', state = 'done') => ({ id, step, state })
const recorded = async () => (await served.services.installs.events(installId)).map(({ id }) => id)

describe('reports of an install', () => {
  test('come as an object on several lines, an array, or an object on each line', async () => {
    expect((await post(JSON.stringify(event('1'), null, 2))).json).toEqual({ recorded: 1 })
    expect((await post(JSON.stringify([event('2'), event('3')]))).json).toEqual({ recorded: 2 })
    expect((await post(`${JSON.stringify(event('4'))}\n${JSON.stringify(event('5'))}\n`)).json).toEqual({
      recorded: 2,
    })
    expect(await recorded()).toEqual(['1', '2', '3', '4', '5'])
  })

  test('come under any content type: wget calls everything a form', async () => {
    expect((await post(JSON.stringify(event('1')), token, 'application/x-www-form-urlencoded')).status).toBe(
      200,
    )
  })

  test('are recorded once however often they are sent', async () => {
    for (let time = 0; time < 3; time += 1) await post(JSON.stringify(event('1')))
    expect(await recorded()).toEqual(['1'])
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['JSON of another kind', '42'],
    ['an empty list', '[]'],
    ['an event without a state', '{"id":"1","step":"fetch"}'],
    ['one bad line among good ones', `${JSON.stringify(event('1'))}\nnonsense`],
  ])('with %s are refused and nothing of them is recorded', async (_what, body) => {
    const reply = await post(body)
    expect([reply.status, reply.json]).toMatchObject([400, { code: 'InvalidEvents' }])
    expect(await recorded()).toEqual([])
  })

  test('are bounded in bytes and in number', async () => {
    expect((await post('x'.repeat(300_000))).json).toMatchObject({ code: 'BodyTooLarge' })
    const many = Array.from({ length: 1001 }, (_, index) => event(String(index)))
    expect((await post(JSON.stringify(many))).json).toMatchObject({ code: 'TooManyEvents' })
  })
})

describe('a token that does not open', () => {
  const documents = [
    'sysidcfg',
    'zones.sh',
    'plan.json',
    'zones/mysql01/sysidcfg',
    'zones/mysql01.zfs?from=1',
    'config.tar',
    'rules.ok',
    'profile',
    'begin',
    'finish',
    '',
    'no-such',
  ]

  /** Status, body and every header that is not about the connection or the time. */
  const shape = async (path: string, method = 'GET') => {
    const reply = await served.call(method, path, method === 'POST' ? { body: '{}' } : {})
    const headers = [...reply.headers].filter(([name]) => name !== 'date')
    return { status: reply.status, text: reply.text, headers }
  }

  test('gets the very answer of a path that never was', async () => {
    const nowhere = await shape('/no/such/path')
    expect(nowhere.status).toBe(404)
    for (const wrong of [
      'zi_wrong',
      `${token}x`,
      token.slice(0, -1),
      token.toUpperCase(),
      'x'.repeat(5000),
      '%00',
      '..',
    ]) {
      for (const document of documents)
        expect(await shape(`/js/h1/${wrong}/${document}`), document).toEqual(nowhere)
    }
    expect(await shape(`/js/h2/${token}/zones.sh`)).toEqual(nowhere)
    expect(await shape(`/js/%00/${token}/zones.sh`)).toEqual(nowhere)
    expect(await shape('/js/h1/zi_wrong/events', 'POST')).toEqual(await shape('/no/such/path', 'POST'))
  })

  test('does so even with a body that would be refused', async () => {
    expect((await post('not json', 'zi_wrong')).status).toBe(404)
    expect((await post('x'.repeat(300_000), 'zi_wrong')).status).toBe(404)
  })

  test('does so once the install is complete', async () => {
    const nowhere = await shape('/no/such/path')
    expect((await post(JSON.stringify(event('1', 'install', 'failed')))).status).toBe(200)
    expect((await post(JSON.stringify(event('2', 'install', 'done')))).status).toBe(200)
    for (const document of documents) expect(await shape(`/js/h1/${token}/${document}`)).toEqual(nowhere)
    expect((await post(JSON.stringify(event('3')))).status).toBe(404)
  })

  test('does so once its window is over, and once the host is armed anew', async () => {
    const nowhere = await shape('/no/such/path')
    const { secret: newer } = await served.services.installs.arm('h1', { zones: [] }, 1000)
    expect(await shape(`/js/h1/${token}/zones.sh`)).toEqual(nowhere)
    served.clock.advance(1001)
    expect(await shape(`/js/h1/${newer}/zones.sh`)).toEqual(nowhere)
  })

  test('is not logged', async () => {
    await served.call('GET', '/js/h1/guessed-token/zones.sh')
    await served.call('GET', `/js/h1/${token}/zones.sh`)
    expect(served.logged()).toContain('/js/h1/[token]/zones.sh')
    expect(served.logged()).not.toContain('guessed-token')
    expect(served.logged()).not.toContain(token)
  })
})
