// What imgadm asks of its sources and how it decides, as jumpstart.md 6.2.3 has it; with plain HTTP.
import { createHash } from 'node:crypto'
import type { Artifact } from '#core/manifest.ts'
import { addVersion, type Served } from '../served.ts'

export interface Listed {
  uuid: string
  name: string
  version: string
  state: string
  type: string
  os: string
  published_at: string
  origin?: string
  files: [{ sha1: string; size: number; compression: string; dataset_guid?: string }]
  tags: Record<string, string>
  channels?: string[]
}

const headers = { accept: 'application/json', 'accept-version': '~2', 'user-agent': 'imgadm/3.0.0 (test)' }

/** A JSON answer as restify's client wants it. */
export async function getJson<T>(url: string): Promise<{ status: number; body: T }> {
  const reply = await fetch(url, { headers, redirect: 'error' })
  const text = await reply.text()
  if (reply.headers.get('content-type') !== 'application/json')
    throw new Error(`content-type is ${reply.headers.get('content-type')}`)
  if (reply.headers.get('content-length') !== String(Buffer.byteLength(text)))
    throw new Error('content-length is not that of the body')
  return { status: reply.status, body: JSON.parse(text) as T }
}

/** `imgadm avail`: the first page without a limit, the others from the last one that is known. */
export async function listAll(source: string): Promise<Listed[]> {
  const { body: found } = await getJson<Listed[]>(`${source}/images`)
  for (let page = found; page.length >= 1000;) {
    const marker = found.at(-1)?.uuid
    const { body } = await getJson<Listed[]>(`${source}/images?limit=1000&marker=${marker}`)
    page = body[0]?.uuid === marker ? body.slice(1) : body
    found.push(...page)
  }
  return found
}

/** `imgadm import UUID`: asks each source, goes on after 404, fetches what is missing with the oldest parent first. */
export async function importImage(sources: readonly string[], uuid: string): Promise<[string, Buffer][]> {
  const ancestry: { manifest: Listed; source: string }[] = []
  for (let wanted: string | undefined = uuid; wanted !== undefined;) {
    const found = await findIn(sources, wanted)
    if (ancestry.length === 0 && found.manifest.state !== 'active') throw new Error('not active')
    ancestry.unshift(found)
    wanted = found.manifest.origin
  }
  const imported: [string, Buffer][] = []
  for (const { manifest, source } of ancestry)
    imported.push([manifest.uuid, await download(source, manifest)])
  return imported
}

async function findIn(
  sources: readonly string[],
  uuid: string,
): Promise<{ manifest: Listed; source: string }> {
  for (const source of sources) {
    const { status, body } = await getJson<Listed>(`${source}/images/${uuid}`)
    if (status === 200) return { manifest: body, source }
    if (status !== 404) throw new Error(`${source} answers ${status}`)
  }
  throw new Error(`no source has ${uuid}`)
}

async function download(source: string, { uuid, files: [file] }: Listed): Promise<Buffer> {
  const reply = await fetch(`${source}/images/${uuid}/file`, { headers, redirect: 'error' })
  const bytes = Buffer.from(await reply.arrayBuffer())
  const facts = {
    status: reply.status,
    length: reply.headers.get('content-length'),
    type: reply.headers.get('content-type'),
    md5: reply.headers.get('content-md5'),
    encoding: reply.headers.get('content-encoding') ?? reply.headers.get('transfer-encoding'),
    sha1: createHash('sha1').update(bytes).digest('hex'),
    size: bytes.length,
  }
  const expected = {
    status: 200,
    length: String(file.size),
    type: 'application/octet-stream',
    md5: createHash('md5').update(bytes).digest('base64'),
    encoding: null,
    sha1: file.sha1,
    size: file.size,
  }
  if (JSON.stringify(facts) !== JSON.stringify(expected))
    throw new Error(`the file is ${JSON.stringify(facts)}, expected ${JSON.stringify(expected)}`)
  return bytes
}

/** A version whose artifact passes for a ZFS stream of one snapshot; its bytes are any. */
export async function addStream(
  { services }: Pick<Served, 'services'>,
  { guid = '1', ...version }: Parameters<typeof addVersion>[1] & Partial<Artifact> = {},
): Promise<string> {
  const { template = 'web', version: name = '1.0' } = version
  return addVersion(services, {
    format: 'zfs',
    compression: 'gzip',
    layout: 'zonepath',
    bytes: Buffer.from(`${template}@${name} ${guid}`),
    ...version,
    template,
    guid,
    facts: { brand: 'joyent', osFamily: 'illumos', ...version.facts },
  })
}
