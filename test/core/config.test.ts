import { describe, expect, test } from 'vitest'
import { legacyUrl, maskConfig, parseConfig } from '#core/config.ts'

describe('parseConfig', () => {
  test('an empty environment gives the one-machine set-up', () => {
    expect(parseConfig({})).toEqual({
      dataDir: './data',
      listen: { host: '127.0.0.1', port: 7070 },
      url: 'http://127.0.0.1:7070',
      blobs: { kind: 'file', root: './data/blobs' },
      mediaDir: './media',
      limits: {
        maxEntries: 2_000_000,
        maxBytes: 64 * 1024 ** 3,
        maxUncompressedBytes: 256 * 1024 ** 3,
        maxNameBytes: 1023,
      },
      jobLockMs: 15_000,
      workerJobs: 2,
      auditDays: 400,
      wrongTokens: 60,
      publishOnLoopback: false,
    })
  })

  test('the blobs follow the data directory unless they have a place of their own', () => {
    expect(parseConfig({ ZONEFLASH_DATA: '/srv/z' }).blobs.root).toBe('/srv/z/blobs')
    expect(parseConfig({ ZONEFLASH_DATA: '/srv/z', ZONEFLASH_BLOBS: 'file:/big' }).blobs.root).toBe('/big')
  })

  test('an address that means every interface is not given to hosts as the place to fetch from', () => {
    expect(parseConfig({ ZONEFLASH_LISTEN: '0.0.0.0:80' }).url).toBe('http://127.0.0.1:80')
    expect(parseConfig({ ZONEFLASH_LISTEN: '[2001:db8::1]:80' }).url).toBe('http://[2001:db8::1]:80')
  })

  test('there is no listener for old installers unless it is asked for; they reach it by the name of the server', () => {
    const url = 'https://flash.example.com:7443'
    expect(legacyUrl(parseConfig({ ZONEFLASH_URL: url }))).toBe(url)
    const config = parseConfig({ ZONEFLASH_URL: url, ZONEFLASH_LEGACY_LISTEN: '0.0.0.0:7071' })
    expect(config.legacyListen).toEqual({ host: '0.0.0.0', port: 7071 })
    expect(legacyUrl(config)).toBe('http://flash.example.com:7071')
  })

  test('sizes may carry a unit', () => {
    expect(parseConfig({ ZONEFLASH_MAX_BYTES: '512M' }).limits.maxBytes).toBe(512 * 1024 ** 2)
  })

  const wrong: [string, string][] = [
    ['ZONEFLASH_LISTEN', '7070'],
    ['ZONEFLASH_LISTEN', '127.0.0.1:70700'],
    ['ZONEFLASH_LISTEN', 'http://x:1'],
    ['ZONEFLASH_LEGACY_LISTEN', '7071'],
    ['ZONEFLASH_URL', 'ftp://x'],
    ['ZONEFLASH_BLOBS', 's3:bucket'],
    ['DATABASE_URL', 'mysql://h/d'],
    ['REDIS_URL', 'localhost:6379'],
    ['ZONEFLASH_MAX_ENTRIES', '-1'],
    ['ZONEFLASH_MAX_BYTES', '12 apples'],
    ['ZONEFLASH_JOB_LOCK_SECONDS', '0'],
    ['ZONEFLASH_WORKER_JOBS', '65'],
  ]
  for (const [name, value] of wrong)
    test(`${name}=${value} is refused in one line that names variable, value and expectation`, () => {
      expect(() => parseConfig({ [name]: value })).toThrow(
        expect.objectContaining({ code: 'WrongSetting', kind: 'invalid' }),
      )
      const message = messageOf(() => parseConfig({ [name]: value }))
      expect(message).toContain(`${name} is `)
      expect(message).toContain(value)
      expect(message).toContain(', expected ')
      expect(message).not.toContain('\n')
    })

  test('a newline in a value does not break the one line', () => {
    expect(messageOf(() => parseConfig({ ZONEFLASH_LISTEN: 'a\nb' }))).not.toContain('\n')
  })

  test('a certificate without its key is refused', () => {
    expect(messageOf(() => parseConfig({ ZONEFLASH_TLS_CERT: 'c.pem' }))).toContain('ZONEFLASH_TLS_KEY')
  })

  test('a wrong database URL does not show its password', () => {
    for (const url of ['mysql://u:hunter2@h/d', 'postgres//u:hunter2@h', 'postgres://u:hun/hunter2@h/d'])
      expect(messageOf(() => parseConfig({ DATABASE_URL: url }))).not.toContain('hunter2')
  })
})

test('maskConfig hides every password', () => {
  const config = parseConfig({
    DATABASE_URL: 'postgres://zoneflash:hunter2@db/zoneflash?sslpassword=hunter2',
    REDIS_URL: 'redis://:hunter2@cache:6379',
  })
  expect(JSON.stringify(maskConfig(config))).not.toContain('hunter2')
  expect(maskConfig(config).databaseUrl).toBe('postgres://zoneflash:****@db/zoneflash?sslpassword=****')
})

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  return 'nothing was thrown'
}
