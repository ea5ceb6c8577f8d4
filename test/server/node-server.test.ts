import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '#core/config.ts'
import { createNodeServer } from '#server/node-server.ts'
import { addVersion, serve } from './served.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-tls-'))
  const files = ['-keyout', path.join(directory, 'key.pem'), '-out', path.join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'pipe' })
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('with a certificate the server speaks HTTPS, sends artifacts whole and binds browsers to it', async () => {
  const config = parseConfig({
    ZONEFLASH_DATA: directory,
    ZONEFLASH_TLS_CERT: path.join(directory, 'cert.pem'),
    ZONEFLASH_TLS_KEY: path.join(directory, 'key.pem'),
  })
  await using served = await serve({ config })
  const bytes = Buffer.alloc(5_000_001, 'zone')
  await addVersion(served.services, { bytes })
  await served.services.catalog.setPublic('mysql', true)
  const request = get({ port: served.port, path: '/flash/mysql/1.0.tar.gz', rejectUnauthorized: false })
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  expect(reply.headers['strict-transport-security']).toMatch(/max-age/)
  expect(Buffer.concat(await reply.toArray()).equals(bytes)).toBe(true)
  request.destroy()
})

test('the listener cuts off who dribbles headers, sends too many or falls silent', async () => {
  await using served = await serve()
  const { headersTimeout, requestTimeout, maxHeadersCount, timeout, keepAliveTimeout } = served.server
  expect({ headersTimeout, maxHeadersCount }).toEqual({ headersTimeout: 20_000, maxHeadersCount: 100 })
  expect(requestTimeout).toBeGreaterThan(12 * 3_600_000)
  expect(timeout).toBeLessThanOrEqual(600_000)
  expect(keepAliveTimeout).toBeLessThan(timeout)
})

test.each([
  ['nosuch.pem', 'key.pem', 'ZONEFLASH_TLS_CERT is'],
  ['cert.pem', 'nosuch.pem', 'ZONEFLASH_TLS_KEY is'],
  ['key.pem', 'cert.pem', 'ZONEFLASH_TLS_CERT and ZONEFLASH_TLS_KEY is'],
])(
  'with %s as certificate and %s as key the server does not start and says which setting is wrong',
  async (cert, key, told) => {
    const tls = { cert: path.join(directory, cert), key: path.join(directory, key) }
    const starting = createNodeServer(express(), { tls })
    await expect(starting).rejects.toMatchObject({
      code: 'WrongSetting',
      message: expect.stringContaining(told),
    })
  },
)
