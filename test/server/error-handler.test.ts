import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProvisionError, type ErrorKind } from '#core/errors.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { serve, type Served } from './served.ts'

let served: Served
let failure: unknown

class FailingCatalog extends MemoryTemplateCatalog {
  override listTemplates(): never {
    throw failure
  }
}

beforeEach(async () => {
  served = await serve({ catalog: new FailingCatalog() })
})
afterEach(() => served[Symbol.asyncDispose]())

const failWith = (error: unknown) => {
  failure = error
  return served.call('GET', '/api/v1/templates', { as: 'viewer' })
}

describe('a foreseen failure', () => {
  test.each<[ErrorKind, number]>([
    ['invalid', 400],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['missing', 404],
    ['conflict', 409],
    ['too-large', 413],
    ['unavailable', 503],
    ['no-space', 507],
  ])('of kind %s is answered %i with its code', async (kind, status) => {
    const reply = await failWith(
      new ProvisionError(kind, 'SomeCode', 'what it was', { details: { bytes: 7 } }),
    )
    expect([reply.status, reply.json]).toEqual([
      status,
      { code: 'SomeCode', message: 'what it was', details: { bytes: 7 } },
    ])
  })
})

describe('an unforeseen failure', () => {
  test('is told to nobody but the log, which has its whole chain of causes', async () => {
    const root = new Error('disk on fire at /secret/path')
    const reply = await failWith(new TypeError('cannot read', { cause: root }))
    expect(reply.status).toBe(500)
    expect(reply.json).toEqual({ code: 'InternalError', message: 'the server failed; its log says why' })
    expect(served.logged()).toContain('disk on fire at /secret/path')
    expect(served.logged()).toContain('TypeError')
    expect(served.logged()).toContain('error-handler.test.ts')
  })

  test.each([undefined, null, 'text', 42, { an: 'object' }])(
    'that throws %j is answered too',
    async (thrown) => {
      const reply = await failWith(thrown)
      expect([reply.status, reply.json]).toEqual([
        500,
        { code: 'InternalError', message: 'the server failed; its log says why' },
      ])
    },
  )
})

describe('a bad body', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    served.call('POST', '/api/v1/templates', { as: 'publisher', body, headers })

  test.each([
    ['is not JSON', '{', {}, 400, 'MalformedJson'],
    ['does not fit', '{"name":"Not A Name"}', {}, 400, 'InvalidRequest'],
    ['has an unknown field', '{"name":"mysql","colour":"red"}', {}, 400, 'InvalidRequest'],
    ['is another type', '[]', {}, 400, 'InvalidRequest'],
    ['is empty', '', {}, 400, 'InvalidRequest'],
    ['is not declared as JSON', '{"name":"mysql"}', { 'content-type': 'text/plain' }, 400, 'InvalidRequest'],
    [
      'is in an unknown charset',
      '{}',
      { 'content-type': 'application/json; charset=klingon' },
      400,
      'UnsupportedCharset',
    ],
    ['is in an unknown encoding', '{}', { 'content-encoding': 'rot13' }, 400, 'UnsupportedEncoding'],
    ['is too large', JSON.stringify({ name: 'x'.repeat(2_000_000) }), {}, 413, 'BodyTooLarge'],
  ])('that %s is refused with a code', async (_what, body, headers, status, code) => {
    const reply = await post(body, headers)
    expect([reply.status, reply.json]).toMatchObject([status, { code }])
  })

  test('is told field by field', async () => {
    const reply = await post('{"name":"Not A Name"}')
    expect(reply.json).toMatchObject({
      message: expect.stringContaining('name: expected a template name'),
      details: { where: 'body', issues: [{ path: 'name' }] },
    })
  })
})

test('a path that never was is answered in the same form', async () => {
  const reply = await served.call('GET', '/no/such/path')
  expect([reply.status, reply.json]).toEqual([404, { code: 'NotFound', message: 'there is nothing here' }])
})
