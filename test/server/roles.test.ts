import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mayAct, Role } from '#core/role.ts'
import { apiRoutes } from '#server/api/routes.ts'
import { createHttpServer } from '#server/http-server.ts'
import { serve, type Served } from './served.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(() => served[Symbol.asyncDispose]())

interface Layer {
  route?: { path: string | string[]; methods: Record<string, boolean> }
}

const usualMethods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

/** Every usual method and path that the application answers, as its router knows them. */
const mounted = () =>
  (createHttpServer(served.services) as unknown as { router: { stack: Layer[] } }).router.stack
    .flatMap(({ route }) => (route ? [route] : []))
    .flatMap(({ path, methods }) =>
      [path].flat().flatMap((one) =>
        Object.keys(methods)
          .filter((method) => usualMethods.includes(method))
          .map((method) => ({ method, path: one })),
      ),
    )

/** Anyone may see the script only with its secrets masked. */
const filled = (path: string) =>
  path
    .replace(/:version\b/, '1.0')
    .replace(/:[A-Za-z]+/g, 'some-name')
    .replace(/\/script$/, '/script?masked=1')

/** Open to everyone: monitors, pages, and what install tokens open. */
const withoutToken = [
  '/',
  '/style.css',
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/docs',
  '/api/openapi.json',
  '/flash/:template/:file',
  '/blobs/sha256/:hex',
]

describe('every route of the admin API', () => {
  test('is either a route value with a role, an upload, or known to be open', () => {
    const stated = new Set(apiRoutes(served.services).map(({ method, path }) => `${method} ${path}`))
    for (const { role } of apiRoutes(served.services)) expect(Role.options).toContain(role)
    const others = mounted().filter(({ method, path }) => !stated.has(`${method} ${path}`))
    const unknown = others.filter(
      ({ path }) =>
        !withoutToken.includes(path) &&
        !path.startsWith('/js/') &&
        !isUpload(path) &&
        !isForImages(path) &&
        !isForInstallers(path),
    )
    expect(unknown).toEqual([])
  })

  test('refuses a call without a token and one with a wrong token', async () => {
    const guarded = mounted().filter(({ path }) => path.startsWith('/api/v1/'))
    expect(guarded.length).toBeGreaterThan(25)
    for (const { method, path } of guarded) {
      for (const headers of [
        undefined,
        { authorization: 'Bearer zf_wrong' },
        { authorization: 'Basic eDp5' },
      ]) {
        const reply = await served.call(method.toUpperCase(), filled(path), headers ? { headers } : {})
        expect(reply.status, `${method} ${path}`).toBe(401)
        expect(reply.text).toMatch(method === 'head' ? /^$/ : /"code":"Unauthenticated"/)
        expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/)
      }
    }
  })

  test('refuses a role below its own, before it looks at the body', async () => {
    for (const one of apiRoutes(served.services)) {
      const tooLow = Role.options.filter((role) => !mayAct(role, one.role))
      for (const as of tooLow) {
        const reply = await served.call(one.method.toUpperCase(), filled(one.path), {
          as,
          ...(one.body && { body: '{' }),
        })
        expect(reply.status, `${as}: ${one.method} ${one.path}`).toBe(403)
        expect(reply.json).toMatchObject({ code: 'RoleTooLow', details: { role: one.role } })
      }
    }
  })

  test('lets a role at its own level in', async () => {
    for (const one of apiRoutes(served.services)) {
      const reply = await served.call(one.method.toUpperCase(), filled(one.path), { as: one.role })
      expect([401, 403, 500], `${one.method} ${one.path}: ${reply.text}`).not.toContain(reply.status)
    }
  })

  test('lets viewers only read', () => {
    const acts = apiRoutes(served.services).filter(
      ({ method, role }) => method !== 'get' && role === 'viewer',
    )
    expect(acts).toEqual([])
  })
})

/** They say nothing but of armed hosts whose templates are open (server/boot/). */
function isForInstallers(path: string): boolean {
  return /^\/(kayak|kayaklog|cgi-bin)(\/|\{|$)/.test(path)
}

function isUpload(path: string): boolean {
  return path.startsWith('/api/v1/uploads') || path === '/api/v1/templates/:name/versions'
}

/** Each asks itself who may have what. */
function isForImages(path: string): boolean {
  return /^(\/t\/:token)?\/(ping|channels|images|media)(\/|$)/.test(path)
}
