import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { loadStream, treeOf } from '#adapters/zfs/open-tree.ts'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { StoredStreamTrees } from '#adapters/zfs/stream-trees.ts'
import { Host } from '#core/host.ts'
import { Profile } from '#core/profile.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { exampleManifest, examplePlan } from '../core/example-plan.ts'
import { addVersion, serve, type Served } from './served.ts'

const hash = '$5$salt$verysecret'

let directory: string
let served: Served
let template: Buffer
let guid = ''
let token: string

/** A zonepath as a stream. */
async function makeTemplate(): Promise<Buffer> {
  const zonepath = path.join(directory, 'golden')
  const files = {
    'root/etc/hostname': 'golden\n',
    'root/etc/hosts': '127.0.1.1 golden\n',
    'root/etc/machine-id': `${'0'.repeat(32)}\n`,
    'root/etc/shadow': 'root:$6$golden:19000:0:99999:7:::\n',
    'root/var/log/syslog': 'golden was here\n',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(zonepath, name)), { recursive: true })
    await writeFile(path.join(zonepath, name), text)
  }
  const pieces: Uint8Array[] = []
  const options = { zpl: 4 as const, snapshot: 'zoneflash-1.0' }
  const stream = writeFullStream(new DirectorySource(zonepath), {
    ...options,
    onPlanned: ({ toGuid }) => (guid = toGuid),
  })
  for await (const piece of stream) pieces.push(piece.slice())
  return Buffer.concat(pieces)
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-personal-'))
  const blobs = new FileBlobStore(path.join(directory, 'blobs'))
  const streams = new StoredStreamTrees(blobs, { directory, maxBytes: 1e9 })
  served = await serve({ blobs, streams })
  template = await makeTemplate()
  const stream = { format: 'zfs', compression: 'none', guid } as const
  const sha256 = await addVersion(served.services, { template: 'web', bytes: template, ...stream })
  const host = Host.parse({ name: 'h1', facts: { zfs: 'true' } })
  await served.services.hosts.add(host)
  const artifact = { ...stream, sha256, sha1: '0'.repeat(40), size: 1, uncompressedSize: 1 }
  const plan = examplePlan({
    host,
    profile: Profile.parse({
      name: 'demo',
      sysid: { rootPassword: hash },
      zones: ['web01', 'web02'].map((name) => ({ name, template: 'web@stable' })),
    }),
    versions: new Map([['web@stable', { manifest: exampleManifest('web', { artifacts: [artifact] }) }]]),
    now: served.clock.now(),
  })
  token = (await served.services.installs.arm('h1', plan, 3_600_000)).secret
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const address = (zone = 'web01', from = guid, secret = token) =>
  `/js/h1/${secret}/zones/${zone}.zfs?from=${from}`

async function fetchStream(zone: string): Promise<Buffer> {
  const answer = await fetch(`${served.url}${address(zone)}`)
  expect(answer.status).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}

describe('the personal stream of a zone', () => {
  test('is a small increment on the template, received as a clone of it', async () => {
    const bytes = await fetchStream('web01')
    expect(bytes.length).toBeLessThan(40_000)
    const base = await loadStream(Readable.from([template]))
    const { set, info } = await loadStream(Readable.from([bytes]), { base: base.set, source: 1 })
    expect(info.snapshots).toMatchObject([{ fromGuid: guid, flags: expect.any(Number) }])
    expect((info.snapshots[0]?.flags ?? 0) & 1, 'the clone flag').toBe(1)
    expect(bytes.includes('web01\n')).toBe(true)
    expect(bytes.includes(hash)).toBe(true)
    expect(treeOf(set).nodes.map((node) => node.path)).toContain('SUNWdetached.xml')
    expect(treeOf(set).nodes.find((node) => node.path === 'root/var/log/syslog')?.size).toBe(0)
  })

  test('is the same for the same request, and another for another zone', async () => {
    const [one, again, other] = [
      await fetchStream('web01'),
      await fetchStream('web01'),
      await fetchStream('web02'),
    ]
    expect(again.equals(one)).toBe(true)
    expect(other.equals(one)).toBe(false)
  })

  test('comes with its length and digest, is kept nowhere, and goes on from a byte', async () => {
    const whole = await fetchStream('web01')
    const head = await served.call('HEAD', address())
    expect([head.status, head.text]).toEqual([200, ''])
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(whole.length),
      'cache-control': 'no-store',
      'accept-ranges': 'bytes',
      'repr-digest': expect.stringMatching(/^sha-256=:.{44}:$/),
    })
    const rest = await fetch(`${served.url}${address()}`, { headers: { range: 'bytes=1000-' } })
    expect([rest.status, rest.headers.get('content-range')]).toEqual([
      206,
      `bytes 1000-${whole.length - 1}/${whole.length}`,
    ])
    expect(Buffer.from(await rest.arrayBuffer()).equals(whole.subarray(1000))).toBe(true)
    const beyond = await served.call('GET', address(), { headers: { range: 'bytes=999999999-' } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`])
    expect(beyond.json).toMatchObject({ code: 'RangeNotSatisfiable', message: expect.any(String) })
    expect(beyond.headers.get('etag')).toBeNull()
    const other = await served.call('GET', address(), { headers: { 'if-match': '"other"' } })
    expect([other.status, other.json]).toMatchObject([412, { code: 'PreconditionFailed' }])
  })

  test.each([
    { what: 'a zone that the plan does not have', zone: 'web09', status: 404, code: 'ZoneNotPlanned' },
    { what: 'a snapshot of something else', from: '123', status: 404, code: 'SnapshotUnknown' },
    { what: 'no snapshot', from: '', status: 400, code: 'InvalidRequest' },
    { what: 'a guid that is none', from: '0x12', status: 400, code: 'InvalidRequest' },
    { what: 'no zone’s name', zone: '-', status: 400, code: 'InvalidRequest' },
  ])('$what: $status $code', async ({ zone, from, status, code }) => {
    const reply = await served.call('GET', address(zone, from))
    expect([reply.status, reply.json]).toMatchObject([status, { code }])
  })

  test('gives who has another token the answer of a path that never was', async () => {
    const shape = async (route: string) => {
      const { status, text, headers } = await served.call('GET', route)
      return { status, text, headers: [...headers].filter(([name]) => name !== 'date') }
    }
    const nowhere = await shape('/no/such/path')
    expect(nowhere.status).toBe(404)
    expect(await shape(address('web01', guid, 'zi_wrong'))).toEqual(nowhere)
    expect(await shape(address('web09', '123', 'zi_wrong'))).toEqual(nowhere)
    expect(await shape(address().replace('/h1/', '/h2/'))).toEqual(nowhere)
    expect(await shape(address().replace('.zfs', '.tar'))).toEqual(nowhere)
  })

  test('leaves neither token nor hash in the log', () => {
    expect(served.logged()).toContain('/js/h1/[token]/zones/web01.zfs')
    expect(served.logged()).not.toContain(token)
    expect(served.logged()).not.toContain(hash)
  })
})
