import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { craftTar, shell, withTree, zoneTree } from '#test/archives.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { startUploadServer } from './upload-server.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function newRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'uploads-'))
  cleanups.push(() => rm(root, { recursive: true, force: true }))
  return root
}

async function start(env?: Record<string, string>, blobs?: MemoryBlobStore) {
  const root = await newRoot()
  const server = await startUploadServer(root, env, blobs)
  cleanups.push(() => server.close())
  return { ...server, root }
}

let tar: Buffer
beforeAll(() => {
  tar = withTree(zoneTree, (directory) => shell(directory, 'tar -cf - .'))
})
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const facts = (extra: object = {}) => JSON.stringify({ brand: 'lx', version: '1.0', ...extra })

function form(parts: readonly [string, string | Uint8Array<ArrayBuffer>][]): FormData {
  const data = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, new Blob([value]), 'web.tar')
  }
  return data
}

async function post(url: string, parts: Parameters<typeof form>[0], template = 'web') {
  const response = await fetch(`${url}/api/v1/templates/${template}/versions`, {
    method: 'POST',
    body: form(parts),
  })
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

const bytes = (data: Buffer) => new Uint8Array(data)

/** Every file below the store that is not a directory. */
async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

describe('a version by multipart', () => {
  test('is recorded with its artifact and index, and the channels move', async () => {
    const { url, catalog, blobs, audit } = await start()
    const reply = await post(url, [
      ['facts', facts()],
      ['sha256', sha256(tar)],
      ['file', bytes(tar)],
    ])
    expect(reply.status).toBe(201)
    expect(reply.body).toMatchObject({
      state: 'ready',
      manifest: {
        template: 'web',
        version: '1.0',
        brand: 'lx',
        osFamily: 'linux',
        madeBy: 'upload',
        createdBy: 'somebody',
        artifacts: [
          { format: 'tar', compression: 'none', layout: 'zoneroot', sha256: sha256(tar), size: tar.length },
        ],
      },
    })
    expect(await buffer(await blobs.open(sha256(tar)))).toEqual(tar)
    const paths: string[] = []
    for await (const entry of catalog.entries(sha256(tar))) paths.push(entry.path)
    expect(paths).toContain('etc/ünï côdé')
    expect((await catalog.getTemplate('web')).channels).toEqual({ candidate: '1.0', stable: '1.0' })
    expect(await audit.list(10)).toContainEqual(
      expect.objectContaining({ action: 'version.push', subject: 'web@1.0' }),
    )
  })

  test('a second version moves candidate and leaves stable', async () => {
    const { url, catalog } = await start()
    await post(url, [
      ['facts', facts()],
      ['file', bytes(tar)],
    ])
    await post(url, [
      ['facts', facts({ version: '2.0' })],
      ['file', bytes(tar)],
    ])
    expect((await catalog.getTemplate('web')).channels).toEqual({ candidate: '2.0', stable: '1.0' })
  })

  test('the same content under the same version again is a success, other content is VersionExists', async () => {
    const { url, root } = await start()
    await post(url, [
      ['facts', facts()],
      ['file', bytes(tar)],
    ])
    expect(
      await post(url, [
        ['facts', facts()],
        ['file', bytes(tar)],
      ]),
    ).toMatchObject({ status: 200 })
    const other = craftTar([{ name: 'etc/other', content: 'x' }])
    const refused = await post(url, [
      ['facts', facts()],
      ['file', bytes(other)],
    ])
    expect(refused).toMatchObject({ status: 409, body: { code: 'VersionExists' } })
    expect(await filesBelow(root)).toEqual([sha256(tar)])
  })

  test('two pushes without a version name make two versions, also within one second', async () => {
    const { url, catalog } = await start()
    const nameless = JSON.stringify({ brand: 'lx' })
    await Promise.all(
      [1, 2, 3].map(() =>
        post(url, [
          ['facts', nameless],
          ['file', bytes(tar)],
        ]),
      ),
    )
    expect(await catalog.listVersions('web')).toHaveLength(3)
  })

  test.each([
    ['a wrong digest', 400, 'DigestMismatch', { sha256: '0'.repeat(64) }, undefined],
    ['facts that are no JSON', 400, 'InvalidRequest', { facts: '{' }, undefined],
    ['facts with an unknown brand form', 400, 'InvalidRequest', { facts: '{"brand":"LX!"}' }, undefined],
    ['no brand and no SUNWdetached.xml', 400, 'BrandMissing', { facts: '{}' }, undefined],
    [
      'an unknown origin',
      404,
      'TemplateNotFound',
      { facts: facts({ origin: { template: 'x', version: '1' } }) },
      undefined,
    ],
    ['an unknown format', 400, 'UnknownFormat', {}, Buffer.from('this is not an archive at all')],
    ['a truncated tar', 400, 'TruncatedStream', {}, 'cut'],
  ] as const)('%s is %i %s, and nothing is left', async (_what, status, code, fields, content) => {
    const { url, root, catalog } = await start()
    const file = content === 'cut' ? tar.subarray(0, tar.length / 2) : (content ?? tar)
    const all = { facts: facts(), ...fields }
    const reply = await post(url, [...Object.entries(all), ['file', bytes(Buffer.from(file))]])
    expect(reply).toMatchObject({ status, body: { code } })
    expect(await filesBelow(root)).toEqual([])
    expect(await catalog.listTemplates()).toEqual([])
  })

  test('an increment needs the version that holds its first snapshot as origin', async () => {
    const { url, root, catalog } = await start()
    const stream = (name: string) =>
      bytes(readFileSync(path.join(import.meta.dirname, `../../fixtures/zfs/${name}.zfs`)))
    const push = (file: string, more: Record<string, unknown>) =>
      post(url, [
        ['facts', facts(more)],
        ['file', stream(file)],
      ])
    const unknown = await push('incremental', { version: '2.0' })
    expect(unknown).toMatchObject({ status: 400, body: { code: 'OriginNeeded' } })
    expect(unknown.body['message']).toContain('18371808795736188155')
    expect(unknown.body['message']).toContain('push the full stream')
    expect(await filesBelow(root)).toEqual([])
    expect(await catalog.listTemplates()).toEqual([])
    expect(await push('full', {})).toMatchObject({ status: 201 })
    const told = await push('incremental', { version: '2.0' })
    expect(told).toMatchObject({ status: 400, body: { code: 'OriginNeeded' } })
    expect(told.body['message']).toContain('--origin web@1.0')
    const origin = { template: 'web', version: '1.0' }
    expect(await push('incremental', { version: '2.0', origin })).toMatchObject({ status: 201 })
    const wrong = { template: 'web', version: '2.0' }
    expect(await push('incremental', { version: '3.0', origin: wrong })).toMatchObject({
      body: { code: 'OriginMismatch' },
    })
  })

  test('a SUNWdetached.xml that does not parse is refused, also when the brand is given', async () => {
    const { url, root } = await start()
    const broken = craftTar([{ name: 'SUNWdetached.xml', content: '<zone name="x"' }, { name: 'root/etc/x' }])
    const reply = await post(url, [
      ['facts', facts({ brand: 'lx' })],
      ['file', bytes(broken)],
    ])
    expect(reply).toMatchObject({ status: 400, body: { code: 'ZoneXmlInvalid' } })
    expect(await filesBelow(root)).toEqual([])
  })

  test('a form whose file comes before the facts says which order is expected', async () => {
    const { url } = await start()
    const reply = await post(url, [
      ['file', bytes(tar)],
      ['facts', facts()],
    ])
    expect(reply).toMatchObject({ status: 400, body: { code: 'FieldOrder' } })
    expect(String(reply.body['message'])).toContain('before the file')
  })

  test('a form without a file, a bad template name and a body that is no form are refused', async () => {
    const { url } = await start()
    expect(await post(url, [['facts', facts()]])).toMatchObject({
      status: 400,
      body: { code: 'FileMissing' },
    })
    const named = await post(
      url,
      [
        ['facts', facts()],
        ['file', bytes(tar)],
      ],
      'No%20Name',
    )
    expect(named).toMatchObject({ status: 400, body: { code: 'InvalidRequest' } })
    const plain = await fetch(`${url}/api/v1/templates/web/versions`, { method: 'POST', body: 'tar' })
    expect(await plain.json()).toMatchObject({ code: 'ExpectedMultipart' })
  })

  test('an upload beyond the room that is left is 507 before its bytes are read', async () => {
    const blobs = new MemoryBlobStore()
    blobs.space = 1000
    const { url } = await start({}, blobs)
    const reply = await post(url, [
      ['facts', facts()],
      ['file', bytes(tar)],
    ])
    expect(reply).toMatchObject({ status: 507, body: { code: 'NoSpace' } })
  })

  test('an upload beyond the limit is 413', async () => {
    const { url } = await start({ ZONEFLASH_MAX_BYTES: '1K' })
    const reply = await post(url, [
      ['facts', facts()],
      ['file', bytes(tar)],
    ])
    expect(reply).toMatchObject({ status: 413, body: { code: 'TooManyBytes' } })
  })

  test('a sender that goes away in the middle leaves nothing', async () => {
    const { url, root, catalog } = await start()
    const gone = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const head = `--b\r\ncontent-disposition: form-data; name="facts"\r\n\r\n${facts()}\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n`
        controller.enqueue(Buffer.concat([Buffer.from(head), tar.subarray(0, 4096)]))
      },
    })
    const sent = fetch(`${url}/api/v1/templates/web/versions`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body,
      duplex: 'half',
      signal: gone.signal,
    } as RequestInit)
    await expect.poll(() => readdir(path.join(root, 'incoming')).catch(() => [])).toHaveLength(1)
    gone.abort()
    await expect(sent).rejects.toThrow(/abort/i)
    await expect.poll(() => readdir(path.join(root, 'incoming'))).toEqual([])
    expect(await catalog.listTemplates()).toEqual([])
  })
})

const b64 = (text: string) => Buffer.from(text).toString('base64')
const tusHeaders = { 'tus-resumable': '1.0.0' }

async function createUpload(url: string, size: number, metadata: Record<string, string> = {}) {
  const all = { template: 'web', facts: facts(), filename: 'web.tar', ...metadata }
  return fetch(`${url}/api/v1/uploads`, {
    method: 'POST',
    headers: {
      ...tusHeaders,
      'upload-length': String(size),
      'upload-metadata': Object.entries(all)
        .map(([key, value]) => `${key} ${b64(value)}`)
        .join(','),
    },
  })
}

async function patch(location: URL | string, offset: number, data: Uint8Array) {
  return fetch(location, {
    method: 'PATCH',
    headers: {
      ...tusHeaders,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body: bytes(Buffer.from(data)),
  })
}

const offsetOf = async (location: URL | string) =>
  Number((await fetch(location, { method: 'HEAD', headers: tusHeaders })).headers.get('upload-offset'))

describe('a version by tus', () => {
  test('arrives in pieces, and the last one is answered with the version', async () => {
    const { url, root, catalog } = await start()
    const created = await createUpload(url, tar.length, { sha256: sha256(tar) })
    expect(created.status).toBe(201)
    const location = new URL(created.headers.get('location') ?? '', url)
    const half = Math.floor(tar.length / 2)
    expect((await patch(location, 0, tar.subarray(0, half))).status).toBe(204)
    expect(await offsetOf(location)).toBe(half)
    const early = await fetch(`${location.href}/result`)
    expect([early.status, await early.json()]).toMatchObject([409, { code: 'UploadIncomplete' }])
    const last = await patch(location, half, tar.subarray(half))
    expect(last.status).toBe(200)
    expect(await last.json()).toMatchObject({ state: 'ready', manifest: { template: 'web', version: '1.0' } })
    expect(await offsetOf(location)).toBe(tar.length)
    const result = await fetch(`${location.href}/result`)
    expect(await result.json()).toMatchObject({ manifest: { createdBy: 'somebody' } })
    const left = await filesBelow(root)
    expect(left).toHaveLength(2)
    expect(left).toEqual(expect.arrayContaining([expect.stringMatching(/\.note$/), sha256(tar)]))
    expect(await catalog.listVersions('web')).toHaveLength(1)
  })

  test('a refused one says why, again when asked, and its bytes are gone', async () => {
    const { url, root } = await start()
    const location = new URL((await createUpload(url, 600)).headers.get('location') ?? '', url)
    const last = await patch(location, 0, Buffer.alloc(600, 'x'))
    expect([last.status, await last.json()]).toMatchObject([400, { code: 'UnknownFormat' }])
    const again = await fetch(`${location.href}/result`)
    expect([again.status, await again.json()]).toMatchObject([400, { code: 'UnknownFormat' }])
    expect((await fetch(location, { method: 'HEAD', headers: tusHeaders })).status).toBe(410)
    expect(await filesBelow(root)).toEqual([expect.stringMatching(/\.note$/)])
  })

  test.each([
    ['beyond the limit', 413, 'TooManyBytes', 1e15, {}],
    ['with a bad template', 400, 'InvalidRequest', 10, { template: '../x' }],
    ['with facts that are no JSON', 400, 'InvalidRequest', 10, { facts: 'x' }],
    ['with a bad digest', 400, 'InvalidRequest', 10, { sha256: 'x' }],
  ])('one %s is refused before it begins', async (_what, status, code, size, metadata) => {
    const { url } = await start()
    const refused = await createUpload(url, size, metadata)
    expect([refused.status, await refused.json()]).toMatchObject([status, { code }])
  })

  test('one that would not fit is 507 before it begins', async () => {
    const blobs = new MemoryBlobStore()
    blobs.space = 1000
    const { url } = await start({}, blobs)
    expect((await createUpload(url, 5000)).status).toBe(507)
  })

  test('one of an unknown kind is refused by its first bytes, and they are dropped', async () => {
    const { url, root } = await start()
    const created = await createUpload(url, 10_000_000)
    const location = new URL(created.headers.get('location') ?? '', url)
    const first = await patch(location, 0, Buffer.alloc(4096, 'no archive '))
    expect([first.status, await first.json()]).toMatchObject([400, { code: 'UnknownFormat' }])
    expect(await filesBelow(root)).toEqual([expect.stringMatching(/\.note$/)])
    expect((await fetch(`${location.href}/result`)).status).toBe(400)
  })

  test('the name of a deleted version is refused before the bytes', async () => {
    const { url, catalog } = await start()
    await post(url, [
      ['facts', facts()],
      ['file', bytes(tar)],
    ])
    await post(url, [
      ['facts', facts({ version: '2.0' })],
      ['file', bytes(tar)],
    ])
    for (const channel of ['stable', 'candidate']) await catalog.setChannel('web', channel, '2.0')
    await catalog.setState('web', '1.0', 'deleted')
    const refused = await createUpload(url, tar.length)
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'VersionDeleted' }])
  })

  test('a new one clears away those that nothing happened to for a day', async () => {
    const { url, root } = await start()
    await createUpload(url, tar.length)
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000)
    for (const name of await readdir(path.join(root, 'drafts')))
      await utimes(path.join(root, 'drafts', name), old, old)
    await createUpload(url, tar.length)
    expect((await filesBelow(root)).filter((name) => name.endsWith('.note'))).toHaveLength(1)
  })

  test('a wrong offset is 409 and an unknown upload is 404', async () => {
    const { url } = await start()
    const location = new URL((await createUpload(url, 600)).headers.get('location') ?? '', url)
    expect((await patch(location, 5, Buffer.alloc(10))).status).toBe(409)
    expect((await patch(`${url}/api/v1/uploads/unknown`, 0, Buffer.alloc(10))).status).toBe(404)
    expect((await fetch(`${url}/api/v1/uploads/unknown/result`)).status).toBe(404)
  })

  test('a cancelled one is forgotten', async () => {
    const { url, root } = await start()
    const location = new URL((await createUpload(url, 600)).headers.get('location') ?? '', url)
    expect((await fetch(location, { method: 'DELETE', headers: tusHeaders })).status).toBe(204)
    expect(await filesBelow(root)).toEqual([])
  })

  test('nobody can name the uploader but the server', async () => {
    const { url } = await start()
    const created = await createUpload(url, tar.length, { 'zoneflash-actor': 'root' })
    const location = new URL(created.headers.get('location') ?? '', url)
    const last = await patch(location, 0, tar)
    expect(await last.json()).toMatchObject({ manifest: { createdBy: 'somebody' } })
  })
})

describe('kill -9 of the server', () => {
  async function spawnServer(root: string): Promise<{ child: ChildProcess; url: string }> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'upload-server.ts'), root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    cleanups.push(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    })
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return { child, url }
  }

  test('an upload goes on at its offset on the next server, at six random moments', async () => {
    const root = await newRoot()
    const big = craftTar([{ name: 'etc/random', content: randomBytes(2 * 1024 * 1024).toString('hex') }])
    let { child, url } = await spawnServer(root)
    const created = await createUpload(url, big.length)
    const where = created.headers.get('location') ?? ''
    for (let round = 0; round < 6; round++) {
      const offset = await offsetOf(new URL(where, url))
      const piece = big.subarray(offset, offset + 300_000)
      const sent = patch(new URL(where, url), offset, piece).catch(() => undefined)
      // From before the first byte to after the answer.
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, Math.random() * 15))])
      child.kill('SIGKILL')
      await once(child, 'exit')
      await sent
      ;({ child, url } = await spawnServer(root))
    }
    const offset = await offsetOf(new URL(where, url))
    const last = await patch(new URL(where, url), offset, big.subarray(offset))
    expect(await last.json()).toMatchObject({ manifest: { artifacts: [{ sha256: sha256(big) }] } })
  })

  test('an upload that was complete when the server died becomes a version by itself', async () => {
    const root = await newRoot()
    const first = await spawnServer(root)
    const created = await createUpload(first.url, tar.length)
    const where = created.headers.get('location') ?? ''
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    // The last byte arrived, the answer did not.
    const id = path.basename(where)
    const { FileBlobStore } = await import('#adapters/blob-store/file-blob-store.ts')
    await new FileBlobStore(root).drafts.append(id, 0, [tar] as unknown as AsyncIterable<Uint8Array>)
    const server = await startUploadServer(root)
    cleanups.push(() => server.close())
    const { url, catalog } = server
    await expect.poll(() => catalog.findVersion('web', '1.0')).toBeDefined()
    const result = await fetch(new URL(`${where}/result`, url))
    expect(await result.json()).toMatchObject({ manifest: { version: '1.0' } })
  })
})
