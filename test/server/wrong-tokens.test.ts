import type { Request, Response } from 'express'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '#core/config.ts'
import { networkOf, WrongTokens } from '#server/wrong-tokens.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { serve } from './served.ts'

const WINDOW = 60_000
const config = parseConfig({ ZONEFLASH_URL: 'http://192.0.2.1:7070', ZONEFLASH_WRONG_TOKENS: '3' })
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })

describe('over HTTP', () => {
  test('after too many wrong API tokens the address has to wait, and then not any more', async () => {
    await using served = await serve({ config })
    const guess = (secret: string) => served.call('GET', '/api/v1/hosts', bearer(secret))
    for (const secret of ['zf_1', 'zf_2', 'zf_3']) expect((await guess(secret)).status).toBe(401)
    served.clock.advance(10_000)
    const refused = await guess('zf_4')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('50')
    expect(refused.json).toMatchObject({ code: 'TooManyWrongTokens' })
    served.clock.advance(50_000)
    expect((await guess('zf_5')).status).toBe(401)
  })

  test('a right token counts for nothing, and one that was right lately is let in while others wait', async () => {
    await using served = await serve({ config })
    const list = () => served.call('GET', '/api/v1/hosts', { as: 'viewer' })
    for (let count = 0; count < 5; count++) expect((await list()).status).toBe(200)
    for (const secret of ['zf_1', 'zf_2', 'zf_3']) await served.call('GET', '/api/v1/hosts', bearer(secret))
    expect((await list()).status).toBe(200)
    expect((await served.call('GET', '/api/v1/hosts', { as: 'operator' })).status).toBe(429)
    served.clock.advance(WINDOW)
    expect((await served.call('GET', '/api/v1/hosts', { as: 'operator' })).status).toBe(200)
  })

  test('a request without a token is not a wrong one', async () => {
    await using served = await serve({ config })
    for (let count = 0; count < 5; count++)
      expect((await served.call('GET', '/api/v1/hosts')).status).toBe(401)
  })

  test('a wrong install token is answered like a path that never was, until it comes too often', async () => {
    await using served = await serve({ config })
    const never = await served.call('GET', '/never/was')
    for (const token of ['zi_1', 'zi_2', 'zi_3']) {
      const reply = await served.call('GET', `/js/h1/${token}/zones.sh`)
      expect([reply.status, reply.text]).toEqual([404, never.text])
    }
    for (const route of [
      '/js/h1/zi_4/zones.sh',
      '/js/h1/zi_4/plan.json',
      `/blobs/sha256/${'0'.repeat(64)}?token=zi_4`,
    ])
      expect((await served.call('GET', route)).status, route).toBe(429)
    expect((await served.call('POST', '/js/h1/zi_4/events', { body: '{}' })).status).toBe(429)
    expect((await served.call('GET', '/api/v1/hosts', bearer('zf_1'))).status).toBe(429)
    expect((await served.call('GET', '/never/was')).status).toBe(404)
  })

  test('a token that is revoked while its address waits is let in no longer', async () => {
    await using served = await serve({ config })
    const { tokens } = served.services
    const { token, secret } = await tokens.create('ci', 'viewer')
    const list = () => served.call('GET', '/api/v1/hosts', bearer(secret))
    expect((await list()).status).toBe(200)
    for (const wrong of ['zf_1', 'zf_2', 'zf_3']) await served.call('GET', '/api/v1/hosts', bearer(wrong))
    await tokens.revoke(token.id)
    expect((await list()).status).toBe(401)
    expect((await list()).status).toBe(429)
  })
})

test('what is remembered is bounded, whoever comes', async () => {
  const wrongTokens = new WrongTokens(new FakeClock(), 1)
  const from = (remoteAddress: string) => ({
    request: { socket: { remoteAddress } } as unknown as Request,
    response: { set: () => undefined } as unknown as Response,
  })
  const wrong = async () => undefined
  for (let count = 0; count < 12_000; count++)
    await wrongTokens.check('zf_x', from(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`), wrong)
  expect(wrongTokens.size).toBe(10_000)
  await expect(wrongTokens.check('zf_x', from('10.0.46.223'), wrong)).rejects.toMatchObject({
    kind: 'throttled',
  })
  expect(await wrongTokens.check('zf_x', from('10.0.0.1'), wrong)).toBeUndefined() // long forgotten
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0DB8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the network of %j is %j', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
