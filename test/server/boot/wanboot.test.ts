import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOST_FURTHER_TOKENS } from '#app/ports/installs.ts'
import { createLegacyServer } from '#server/legacy-server.ts'
import { createProcessShared } from '#server/process-shared.ts'
import { converse } from '../raw-socket.ts'
import { addVersion, serve, type Served } from '../served.ts'

const MAC = '00144F010203'
const QUERY = `IP=192.0.2.0&CID=01${MAC}`
const PART = '--WANBoot_Part_Boundary'
/** The only test of images is left out where the program is not: scripts/install-packages.sh brings it. */
const lacksXorriso = spawnSync('xorriso', ['-version']).error !== undefined
let served: Served
let token: string
let installId: string

beforeEach(async () => {
  served = await serve()
  const media = path.join(served.services.config.dataDir, 'media/wanboot')
  await mkdir(media, { recursive: true })
  await writeFile(path.join(media, 'wanboot.sun4u'), 'the wanboot program')
  await writeFile(path.join(media, 'wanboot'), 'of another architecture')
  await writeFile(path.join(media, 'miniroot'), 'm'.repeat(12_345))
  await addVersion(served.services, { template: 'web' })
  await served.services.hosts.add({
    name: 'db1',
    macs: ['00:14:4f:01:02:03'],
    addresses: [],
    arch: 'sun4u',
    release: 's10u8',
    networks: [],
    facts: {},
  })
  const plan = { zones: [], templates: [{ name: 'web', version: '1.0' }] }
  const armed = await served.services.installs.arm('db1', plan, 3_600_000)
  token = armed.secret
  installId = armed.install.id
})
afterEach(() => served[Symbol.asyncDispose]())

const raw = (target: string, method = 'GET') =>
  converse(served.port, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
const withToken = (query: string) => raw(`/js/db1/${token}/cgi-bin/wanboot-cgi?${query}`)
const byAddress = (query: string, method?: string) => raw(`/cgi-bin/wanboot-cgi?${query}`, method)
const statusLine = (answer: string) => answer.slice(0, answer.indexOf('\r\n'))
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)
const open = () => served.services.catalog.setOpenTo('web', ['jumpstart'])

/** The body that has exactly this payload and no signature. */
const parts = (payload: string) =>
  [
    `${PART}\r\nContent-Length: ${payload.length}\r\nContent-Type: application/octet-stream\r\n\r\n${payload}\r\n`,
    `${PART}\r\nContent-Length: 20\r\nContent-Type: application/octet-stream\r\n\r\n${'\0'.repeat(20)}\r\n`,
    `${PART}--\r\n`,
  ].join('')

/** The payload of the first part. */
function payloadOf(answer: string): Buffer {
  const body = bodyOf(answer)
  const [, length] = /^--WANBoot_Part_Boundary\r\nContent-Length: (\d+)\r\n/.exec(body) ?? []
  const begin = body.indexOf('\r\n\r\n') + 4
  return Buffer.from(body.slice(begin, begin + Number(length)), 'latin1')
}

describe('wanboot-cgi', () => {
  test('sends the wanboot program of the architecture as the first of two parts', async () => {
    const answer = await withToken(`CONTENT=bootfile&${QUERY}`)
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK')
    expect(answer).toMatch(/\r\ncontent-type: multipart\/mixed; boundary=WANBoot_Part_Boundary\r\n/i)
    expect(bodyOf(answer)).toBe(parts('the wanboot program'))
    expect(answer).toMatch(new RegExp(`\r\ncontent-length: ${bodyOf(answer).length}\r\n`, 'i'))
  })

  test('says the size of the miniroot in decimal, which a plain GET brings then', async () => {
    expect(bodyOf(await withToken(`CONTENT=rootfs&${QUERY}`))).toBe(parts('12345'))
    const file = `/js/db1/${token}/wanboot/miniroot`
    expect((await served.call('GET', file)).text).toBe('m'.repeat(12_345))
    expect((await served.call('HEAD', file)).headers.get('content-length')).toBe('12345')
    const rest = await served.call('GET', file, { headers: { range: 'bytes=12340-' } })
    expect([rest.status, rest.text, rest.headers.get('content-range')]).toEqual([
      206,
      'mmmmm',
      'bytes 12340-12344/12345',
    ])
  })

  test.skipIf(lacksXorriso)('sends a file system with the configuration of the host', async () => {
    const image = payloadOf(await withToken(`CONTENT=bootfs&${QUERY}&NONCE=0123abcd`))
    const files = await unpacked(image)
    const documents = `http://192.0.2.1:7070/js/db1/${token}`
    expect(files['wanboot.conf']).toContain(`root_file=/js/db1/${token}/wanboot/miniroot\n`)
    expect(files['wanboot.conf']).toContain(`boot_file=/js/db1/${token}/wanboot/wanboot.sun4u\n`)
    expect(files['wanboot.conf']).toContain(`root_server=${documents}/cgi-bin/wanboot-cgi\n`)
    expect(files).toEqual({
      'wanboot.conf': expect.any(String),
      'system.conf': `SsysidCF=${documents}\nSjumpsCF=${documents}\n`,
      nonce: '0123abcd',
      timestamp: '1795172400',
      'etc/hosts': '127.0.0.1\tlocalhost\n192.0.2.1\twanboot-server\n',
      'etc/inet/hosts': '127.0.0.1\tlocalhost\n192.0.2.1\twanboot-server\n',
    })
  })

  test.skipIf(lacksXorriso)(
    'knows a host by its address alone only while all of its templates are open to jumpstart',
    async () => {
      expect(statusLine(await byAddress(`CONTENT=bootfile&${QUERY}`))).toBe(
        'HTTP/1.1 500 no host with this address boots now',
      )
      await open()
      expect(bodyOf(await byAddress(`CONTENT=bootfile&${QUERY}`))).toBe(parts('the wanboot program'))
      const files = await unpacked(payloadOf(await byAddress(`CONTENT=bootfs&${QUERY}&NONCE=00`)))
      const [, own = ''] =
        /\/js\/db1\/(zi_[A-Za-z0-9_-]{32})\/wanboot/.exec(files['wanboot.conf'] ?? '') ?? []
      expect(own).not.toBe(token)
      for (let count = 0; count <= MOST_FURTHER_TOKENS; count++) {
        const again = await unpacked(payloadOf(await byAddress(`CONTENT=bootfs&${QUERY}&NONCE=00`)))
        expect(again['wanboot.conf']).toContain(own)
      }
      expect(await served.services.installs.authenticate('db1', own)).toBeDefined()
      served.clock.advance(3_600_000)
      expect(statusLine(await byAddress(`CONTENT=bootfile&${QUERY}`))).toMatch(/ 500 /)
    },
  )

  test.each([
    '',
    QUERY,
    `CONTENT=everything&${QUERY}`,
    'CONTENT=bootfile',
    'CONTENT=bootfile&IP=192.0.2.0&CID=0100',
    `CONTENT=bootfile&IP=x&CID=01${MAC}`,
    `CONTENT=bootfs&${QUERY}`,
    `CONTENT=bootfs&${QUERY}&NONCE=../x`,
    `CONTENT=bootfile&CONTENT=rootfs&${QUERY}`,
    `CONTENT=bootfile&${QUERY}&OTHER=1`,
  ])('the query %j is answered 400 with the reason', async (query) => {
    expect(statusLine(await withToken(query))).toBe(
      'HTTP/1.1 400 expected CONTENT, IP and CID, NONCE for bootfs, and no more',
    )
  })

  test('another method is answered 403', async () => {
    for (const method of ['POST', 'PUT', 'HEAD'])
      expect(statusLine(await byAddress(`CONTENT=bootfile&${QUERY}`, method))).toBe(
        `HTTP/1.1 403 the method is ${method}, expected GET`,
      )
  })

  test('a token that does not open, and the address of another host, are told nothing', async () => {
    const wrong = await raw(`/js/db1/zi_wrong/cgi-bin/wanboot-cgi?CONTENT=bootfile&${QUERY}`)
    expect(statusLine(wrong)).toMatch(/ 500 no host/)
    expect(statusLine(await withToken(`CONTENT=bootfile&IP=192.0.2.0&CID=01AABBCCDDEEFF`))).toMatch(
      / 500 no host/,
    )
    expect((await served.call('GET', '/js/db1/zi_wrong/wanboot/miniroot')).status).toBe(404)
    expect((await served.call('GET', `/js/db1/${token}/wanboot/..%2f..%2fblobs`)).status).toBe(404)
  })

  test('what is not in the media is said in the status line', async () => {
    await rm(path.join(served.services.config.dataDir, 'media/wanboot/miniroot'))
    expect(statusLine(await withToken(`CONTENT=rootfs&${QUERY}`))).toMatch(
      /^HTTP\/1\.1 500 there is no miniroot\.sun4u/,
    )
  })

  test('is there on the listener for old installers, too', async () => {
    const legacy = createLegacyServer(served.services, createProcessShared(served.services))
    await new Promise<void>((resolve) => legacy.listen(0, '127.0.0.1', resolve))
    const { port } = legacy.address() as AddressInfo
    const target = `/js/db1/${token}/cgi-bin/wanboot-cgi?CONTENT=rootfs&${QUERY}`
    expect(bodyOf(await converse(port, `GET ${target} HTTP/1.0\nHost: x\n\n`))).toBe(parts('12345'))
    await new Promise((resolve) => legacy.close(resolve))
  })
})

describe('bootlog-cgi', () => {
  const lines = async () => (await served.services.installs.events(installId)).map(({ message }) => message)
  const said = '%3Ctime%3E+db1+wanboot+info:+[ID+1+user.info]+WAN+boot+messages'

  test('keeps a line in the timeline, with the time in its place, and answers 32 bytes', async () => {
    const answer = await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi?${said}`)
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK')
    expect(answer).toMatch(/\r\ncontent-length: 32\r\n/i)
    expect(bodyOf(answer)).toHaveLength(32)
    expect(await lines()).toEqual([
      '2026-11-20T11:00:00.000Z db1 wanboot info: [ID 1 user.info] WAN boot messages',
    ])
    expect((await served.services.installs.get(installId)).state).toBe('armed')
  })

  test('takes lines without a token from hosts whose templates are open', async () => {
    expect(statusLine(await raw(`/cgi-bin/bootlog-cgi?${said}`))).toMatch(/ 500 /)
    await open()
    expect(statusLine(await raw(`/cgi-bin/bootlog-cgi?${said}`))).toMatch(/ 200 /)
    expect(statusLine(await raw('/cgi-bin/bootlog-cgi?%3Ctime%3E+nobody+x:+y'))).toMatch(/ 500 /)
    expect(await lines()).toHaveLength(1)
  })

  test('is bounded: in a line, and in the lines of an install', async () => {
    await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi?${'x'.repeat(9000)}%0a%00`)
    expect((await lines())[0]).toBe('x'.repeat(1000))
    for (let count = 0; count < 210; count++)
      await served.call('GET', `/js/db1/${token}/cgi-bin/bootlog-cgi?line+${count}`)
    expect(await lines()).toHaveLength(200)
    expect(statusLine(await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi?one+more`))).toMatch(/ 200 /)
  })

  test('makes one harmless line of whatever comes', async () => {
    expect(statusLine(await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi`))).toMatch(/ 400 /)
    await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi?%ff%zz+a%0db%0ac`)
    await raw(`/js/db1/${token}/cgi-bin/bootlog-cgi?a%0d%0ab%1b[2J`)
    expect(await lines()).toEqual(['%ff%zz a%0db%0ac', 'a  b [2J'])
  })
})

/** The files of an ISO image by path. */
async function unpacked(image: Buffer): Promise<Record<string, string>> {
  const directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-iso-'))
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' })
  try {
    const file = path.join(directory, 'image')
    await writeFile(file, image)
    run('xorriso', '-osirrox', 'on', '-indev', file, '-extract', '/', path.join(directory, 'tree'))
    const tree = path.join(directory, 'tree')
    const names = run('find', tree, '-type', 'f', '-printf', '%P\n').trim().split('\n')
    return Object.fromEntries(names.map((name) => [name, run('cat', path.join(tree, name))]))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
