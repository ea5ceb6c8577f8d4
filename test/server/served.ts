// A listening server for tests: real HTTP, a real directory for blobs, the stores in memory.
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pino } from 'pino'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { makeImage } from '#adapters/netboot/xorriso-image.ts'
import { FileMediaShelf } from '#adapters/recipes/file-media-shelf.ts'
import { FileRecipeShelf } from '#adapters/recipes/file-recipe-shelf.ts'
import { parseConfig } from '#core/config.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { Role } from '#core/role.ts'
import { createHttpServer } from '#server/http-server.ts'
import { createNodeServer } from '#server/node-server.ts'
import type { Services } from '#server/services.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryImageStore } from '#test/fakes/memory-image-store.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { MemoryJumpStartStore } from '#test/fakes/memory-jumpstart-store.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryKayakLogs } from '#test/fakes/memory-kayak-logs.ts'
import { MemoryProfileStore } from '#test/fakes/memory-profile-store.ts'
import { MemoryScheduleStore } from '#test/fakes/memory-schedule-store.ts'
import { MemoryStreamTrees } from '#test/fakes/memory-stream-trees.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { MemoryTokenStore } from '#test/fakes/memory-token-store.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'

export interface Served extends AsyncDisposable {
  url: string
  port: number
  server: Server
  services: Services
  clock: FakeClock
  /** a token's secret for each role */
  secrets: Record<Role, string>
  /** everything that was logged, as text */
  logged: () => string
  call: (
    method: string,
    path: string,
    options?: { as?: Role; body?: unknown; headers?: Record<string, string> },
  ) => Promise<Reply>
}

export interface Reply {
  status: number
  headers: Headers
  text: string
  json: unknown
}

export async function serve(overrides: Partial<Services> = {}): Promise<Served> {
  const directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-server-'))
  const clock = new FakeClock()
  let log = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  const catalog =
    overrides.catalog instanceof MemoryTemplateCatalog ? overrides.catalog : new MemoryTemplateCatalog()
  const zones = new MemoryZoneRegistry()
  const audit = overrides.audit ?? new MemoryAuditLog(clock)
  const services: Services = {
    config: parseConfig({
      ZONEFLASH_DATA: directory,
      ZONEFLASH_URL: 'http://192.0.2.1:7070',
      ZONEFLASH_WRONG_TOKENS: '10000',
    }),
    catalog,
    channels: new MemoryChannelStore(catalog, audit),
    zones,
    blobs: new FileBlobStore(directory),
    builds: new MemoryBuildStore(clock),
    hosts: new MemoryHostRegistry(zones),
    profiles: new MemoryProfileStore(),
    jumpstart: new MemoryJumpStartStore(clock),
    tokens: new MemoryTokenStore(clock),
    images: new MemoryImageStore(catalog),
    installs: new MemoryInstallLog(clock, zones),
    kayakLogs: new MemoryKayakLogs(),
    audit,
    queue: new MemoryJobQueue(),
    recipes: new FileRecipeShelf(path.join(directory, 'templates')),
    media: new FileMediaShelf(path.join(directory, 'media')),
    netboot: { media: new FileMediaShelf(path.join(directory, 'media/wanboot')), makeImage },
    schedules: new MemoryScheduleStore(),
    streams: new MemoryStreamTrees(),
    clock,
    log: pino({ level: 'info' }, sink),
    ...overrides,
  }
  const secrets = {} as Record<Role, string>
  for (const role of Role.options) secrets[role] = (await services.tokens.create(`the-${role}`, role)).secret
  const server = await createNodeServer(createHttpServer(services), services.config)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    server,
    services,
    clock,
    secrets,
    logged: () => log,
    async call(method, route, { as, body, headers } = {}) {
      const reply = await fetch(`${url}${route}`, {
        method,
        headers: {
          ...(as && { authorization: `Bearer ${secrets[as]}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await reply.text()
      const isJson = reply.headers.get('content-type')?.startsWith('application/json') ?? false
      return {
        status: reply.status,
        headers: reply.headers,
        text,
        json: isJson && text ? JSON.parse(text) : undefined,
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Stores `bytes` as the one artifact of a version. */
export async function addVersion(
  { catalog, blobs }: Services,
  {
    template = 'mysql',
    version = '1.0',
    bytes = Buffer.from('0123456789'),
    facts = {},
    ...artifact
  }: {
    template?: string
    version?: string
    bytes?: Buffer
    facts?: Partial<Manifest>
  } & Partial<Artifact> = {},
): Promise<string> {
  const { sha256, sha1, size } = await blobs.put(Readable.from([bytes]))
  await catalog.putVersion(
    {
      state: 'ready',
      manifest: {
        template,
        version,
        brand: 'lx',
        osFamily: 'linux',
        artifacts: [
          {
            format: 'tar',
            compression: 'gzip',
            sha256,
            sha1,
            size,
            uncompressedSize: size,
            entries: 0,
            ...artifact,
          },
        ],
        madeBy: 'upload',
        createdBy: 'test',
        createdAt: '2026-11-20T11:00:00.000Z',
        ...facts,
      },
    },
    new Map([[sha256, []]]),
  )
  return sha256
}

/** Gives a version the form that kayak receives: `bytes`, as `kayak.xz`. */
export async function addKayakMedium(
  { catalog, blobs, clock }: Services,
  template: string,
  version: string,
  bytes = Buffer.from('a medium'),
): Promise<void> {
  const { sha256, sha1, size } = await blobs.put(Readable.from([bytes]))
  const snapshot = 'zoneflash@kayak'
  await catalog.addArtifacts(
    { template, version },
    [
      {
        format: 'zfs',
        compression: 'xz',
        layout: 'zoneroot',
        sha256,
        sha1,
        size,
        uncompressedSize: size,
        entries: 0,
        snapshot,
      },
    ],
    new Map([[sha256, []]]),
    { actor: 'test', action: 'version.convert', subject: `${template}@${version}`, at: clock.now() },
  )
}
