import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLegacyServer } from '#server/legacy-server.ts'
import { createProcessShared } from '#server/process-shared.ts'
import { cpioOf, flarOf, splitFlar } from '#test/adapters/archive/flar.ts'
import { shell, withTree, zoneTree } from '#test/archives.ts'
import { converse } from './raw-socket.ts'
import { serve, type Served } from './served.ts'

const sun = { creation_os_name: 'SunOS', creation_release: '5.10' }
let flar: Buffer
let served: Served
/** every address at which the same bytes lie, for an armed host */
let addresses: string[]

beforeAll(async () => {
  served = await serve()
  flar = flarOf(withTree(zoneTree, cpioOf), { keys: sun })
  expect(await push('web', flar, { version: '1.0' })).toMatchObject({ status: 201 })
  await served.services.catalog.setChannel('web', 'stable', '1.0')
  const plan = { zones: [], system: { template: 'web', version: '1.0' } }
  const { secret } = await served.services.installs.arm('h1', plan, 3_600_000)
  const sha256 = createHash('sha256').update(flar).digest('hex')
  addresses = [
    `/flash/web/1.0.flar?token=${secret}`,
    `/flash/web/stable.flar?token=${secret}`,
    `/blobs/sha256/${sha256}?token=${secret}`,
    `/js/h1/${secret}/flash/web/1.0.flar`,
    `/js/h1/${secret}/flash/web/stable.flar`,
  ]
})
afterAll(() => served[Symbol.asyncDispose]())

async function push(template: string, bytes: Uint8Array, facts: object = {}) {
  const form = new FormData()
  form.append('facts', JSON.stringify(facts))
  form.append('file', new Blob([new Uint8Array(bytes)]), 'web.flar')
  const reply = await fetch(`${served.url}/api/v1/templates/${template}/versions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${served.secrets.publisher}` },
    body: form,
  })
  return { status: reply.status, body: (await reply.json()) as unknown }
}

async function pushByTus(template: string, bytes: Uint8Array) {
  const authorization = `Bearer ${served.secrets.publisher}`
  const common = { authorization, 'tus-resumable': '1.0.0' }
  const fields = { template, facts: '{}' }
  const metadata = Object.entries(fields).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  )
  const created = await fetch(`${served.url}/api/v1/uploads`, {
    method: 'POST',
    headers: { ...common, 'upload-length': String(bytes.length), 'upload-metadata': metadata.join(',') },
  })
  const reply = await fetch(new URL(created.headers.get('location') ?? '', served.url), {
    method: 'PATCH',
    headers: { ...common, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(bytes),
  })
  return { status: reply.status, body: (await reply.json()) as unknown }
}

const get = (address: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(served.url + address, { method, headers })

describe('a flash archive that is pushed', () => {
  test.each([
    ['in one request', push],
    ['resumably', pushByTus],
  ])('%s becomes a version with what it says of itself', async (how, send) => {
    const template = how === 'resumably' ? 'tus' : 'form'
    const { status, body } = await send(template, flar)
    expect([200, 201]).toContain(status)
    expect(body).toMatchObject({
      manifest: {
        template,
        brand: 'native',
        osFamily: 'solaris10',
        arch: 'i86pc',
        artifacts: [
          { format: 'flar', compression: 'none', layout: 'zoneroot', flar: { contentName: 'web' } },
        ],
      },
    })
  })

  test.each([
    ['differential', { type: 'DIFFERENTIAL' }, 'FlarInvalid'],
    ['of a root pool', { rootpool: 'rpool' }, 'FlarInvalid'],
    ['longer than it says', { files_archived_size: '512' }, 'FlarInvalid'],
    ['shorter than it says', { files_archived_size: '99999999' }, 'TruncatedStream'],
  ])('is refused when it is %s, and nothing is left', async (_what, keys, code) => {
    const before = await filesOfStore()
    expect(before).toHaveLength(1)
    for (const send of [push, pushByTus]) {
      const reply = await send('bad', flarOf(withTree(zoneTree, cpioOf), { keys: { ...sun, ...keys } }))
      expect(reply).toMatchObject({ status: 400, body: { code } })
    }
    expect(await filesOfStore()).toEqual(before)
    await expect(served.services.catalog.listVersions('bad')).rejects.toMatchObject({
      code: 'TemplateNotFound',
    })
  })
})

test('a flash archive of a system is refused without the line that installers insist on', async () => {
  const bytes = flarOf(withTree(zoneTree, cpioOf), { keys: { ...sun, files_compressed_method: undefined } })
  const facts = { kind: 'system', osRelease: 's10u8' }
  expect(await push('golden', bytes, facts)).toMatchObject({ status: 400, body: { code: 'FlarInvalid' } })
  expect(await push('mute', bytes)).toMatchObject({ status: 201 })
})

/** Blobs and drafts; of an upload that was refused the note alone stays, which says why. */
async function filesOfStore(): Promise<string[]> {
  const root = path.dirname(path.resolve(served.services.config.blobs.root))
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const files = found.filter((one) => one.isFile() && !one.name.endsWith('.note'))
  return files.map((one) => path.join(one.parentPath, one.name)).toSorted()
}

describe('an installer', () => {
  test('asks for the size, then for ranges as it gets on, and has every byte', async () => {
    for (const address of addresses) {
      const head = await get(address, {}, 'HEAD')
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
        200,
        String(flar.length),
        '',
      ])
      expect(head.headers.get('content-type')).toBe('application/octet-stream')
      const pieces: Buffer[] = []
      for (let at = 0; at < flar.length; at += 1000) {
        const end = Math.min(at + 999, flar.length - 1)
        const reply = await get(address, { range: `bytes=${at}-${end}` })
        expect(reply.status).toBe(206)
        expect(reply.headers.get('content-range')).toBe(`bytes ${at}-${end}/${flar.length}`)
        expect(reply.headers.get('content-length')).toBe(String(end - at + 1))
        pieces.push(Buffer.from(await reply.arrayBuffer()))
      }
      expect(Buffer.concat(pieces).equals(flar)).toBe(true)
    }
  })

  test('has exactly one space behind each colon', async () => {
    const [address = ''] = addresses.slice(3)
    const answer = await converse(
      served.port,
      `GET ${address} HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9\r\nConnection: close\r\n\r\n`,
    )
    const [status, ...lines] = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n')
    expect(status).toBe('HTTP/1.1 206 Partial Content')
    for (const line of lines) expect(line).toMatch(/^[A-Za-z0-9-]+: \S/)
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(flar.subarray(5, 10).toString('latin1'))
  })

  const last = () => flar.length - 1
  test.each<[range: string | (() => string), status: number, told: () => string | null]>([
    ['bytes=0-0', 206, () => `bytes 0-0/${flar.length}`],
    ['bytes=7-', 206, () => `bytes 7-${last()}/${flar.length}`],
    ['bytes=-7', 206, () => `bytes ${flar.length - 7}-${last()}/${flar.length}`],
    ['bytes=-99999999', 206, () => `bytes 0-${last()}/${flar.length}`],
    ['bytes=0-99999999', 206, () => `bytes 0-${last()}/${flar.length}`],
    ['bytes=  3-4 ', 206, () => `bytes 3-4/${flar.length}`],
    ['BYTES=3-4', 206, () => `bytes 3-4/${flar.length}`],
    [() => `bytes=${last()}-`, 206, () => `bytes ${last()}-${last()}/${flar.length}`],
    [() => `bytes=${flar.length}-`, 416, () => `bytes */${flar.length}`],
    ['bytes=99999999999999999999-', 416, () => `bytes */${flar.length}`],
    ['bytes=-0', 416, () => `bytes */${flar.length}`],
    ['bytes=0-1,5-6', 416, () => `bytes */${flar.length}`],
    ['bytes=9-3', 200, () => null],
    ['bytes=', 200, () => null],
    ['bytes=-', 200, () => null],
    ['bytes=a-b', 200, () => null],
    ['bytes=0x10-', 200, () => null],
    ['bytes=1-2-3', 200, () => null],
    ['octets=0-5', 200, () => null],
    ['0-5', 200, () => null],
  ])('that sends the Range %s is answered by %i', async (range, status, told) => {
    for (const address of addresses) {
      const reply = await get(address, { range: typeof range === 'string' ? range : range() })
      const body = Buffer.from(await reply.arrayBuffer())
      expect([reply.status, reply.headers.get('content-range')]).toEqual([status, told()])
      const [, from = 0, to = -1] = /^bytes (\d+)-(\d+)\//.exec(told() ?? '') ?? []
      const expected = status === 200 ? flar : flar.subarray(Number(from), Number(to) + 1)
      expect(status === 416 || body.equals(expected)).toBe(true)
    }
  })

  test('of another host, or with another token, finds nothing', async () => {
    const [, , , own = ''] = addresses
    for (const address of [own.replace('/h1/', '/h2/'), own.replace('zi_', 'zi_x'), '/flash/web/1.0.flar'])
      expect((await get(address)).status).toBe(404)
  })
})

test('a host that JumpStart installs from a golden system is sent to its flash archive, and finds it there', async () => {
  const { services } = served
  await push('s10', flar, { kind: 'system', osRelease: 's10u8', version: '1.0' })
  await services.catalog.setChannel('s10', 'stable', '1.0')
  const as = 'operator'
  const sysid = { rootPassword: '$5$rounds=80000$abcdefgh$0123456789' }
  const profile = { sysid, system: { template: 's10@stable' }, jumpstart: { flash: { swap: 1024 } } }
  expect(
    await served.call('PUT', '/api/v1/profiles/flash', { as: 'publisher', body: profile }),
  ).toMatchObject({
    status: 200,
  })
  const host = { name: 'h10', release: 's10u8', profile: 'flash', arch: 'i86pc' }
  expect(await served.call('POST', '/api/v1/hosts', { as, body: host })).toMatchObject({ status: 201 })
  const armed = await served.call('POST', '/api/v1/hosts/h10/arm', { as, body: {} })
  const { url } = armed.json as { url: string }
  const text = (await served.call('GET', `${new URL(url).pathname}profile`)).text
  const token = url.split('/').at(-2)
  expect(text).toBe(
    [
      'install_type flash_install',
      `archive_location http 192.0.2.1:7070 /js/h10/${token}/flash/s10/1.0.flar timeout 5`,
      'partitioning explicit',
      'filesys rootdisk.s0 free /',
      'filesys rootdisk.s1 1024 swap',
      '',
    ].join('\n'),
  )
  const [, , , address = ''] = text.split('\n')[1]?.split(' ') ?? []
  const reply = await get(address, {}, 'HEAD')
  expect([reply.status, reply.headers.get('content-length')]).toEqual([200, String(flar.length)])
  const shown = await served.call('GET', '/api/v1/hosts/h10/plan', { as })
  expect(shown.text).not.toContain(token)
  const { text: plan } = shown.json as { text: string }
  const steps = plan.split('\n').flatMap((line) => /^ +\d+\. +h10 +(\w+)/.exec(line)?.[1] ?? [])
  expect(steps.slice(0, 3)).toEqual(['system', 'check', 'stage'])
  expect(plan).toContain('JumpStart itself installs s10@1.0 (flar')
  expect(plan).toContain('\n--- install profile\ninstall_type flash_install\n')
  expect(plan).toContain('archive_location http 192.0.2.1:7070 /js/h10/****/flash/s10/1.0.flar timeout 5\n')
  expect(plan).not.toContain('etc/sysidcfg in rpool')
})

test('an old fetcher, with bare LFs and broken connections, has the archive that cpio unpacks', async () => {
  const legacy = createLegacyServer(served.services, createProcessShared(served.services))
  await new Promise<void>((resolve) => legacy.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = legacy.address() as AddressInfo
    const [, , , address = ''] = addresses
    const ask = async (method: string, ...headers: string[]) => {
      const lines = [
        `${method} ${address} HTTP/1.1`,
        `Host: install:${port}`,
        'Connection: close',
        ...headers,
      ]
      const answer = await converse(port, `${lines.join('\n')}\n\n`)
      const end = answer.indexOf('\r\n\r\n')
      const header = (name: string) =>
        new RegExp(`\r\n${name}: (.*)\r\n`, 'i').exec(answer.slice(0, end + 2))?.[1]
      return { status: answer.split(' ')[1], header, body: Buffer.from(answer.slice(end + 4), 'latin1') }
    }
    const size = Number((await ask('HEAD')).header('content-length'))
    let fetched = Buffer.alloc(0)
    while (fetched.length < size) {
      const { status, header, body } = await ask('GET', `Range: bytes=${fetched.length}-${size - 1}`)
      expect([status, header('content-range')]).toEqual([
        '206',
        `bytes ${fetched.length}-${size - 1}/${size}`,
      ])
      // the connection breaks after a part of it
      fetched = Buffer.concat([fetched, body.subarray(0, 1 + Math.floor(body.length / 3))])
    }
    const { preamble, payload } = splitFlar(fetched)
    expect(preamble).toContain('\nfiles_compressed_method=none\n')
    const unpacked = withTree(':', (directory) => {
      shell(directory, 'cpio -dumi --quiet', payload)
      return shell(directory, 'cat etc/nodename; ls usr/bin').toString()
    })
    expect(unpacked).toBe('zone\nsu\n')
  } finally {
    legacy.closeAllConnections()
    await new Promise((resolve) => legacy.close(resolve))
  }
})
