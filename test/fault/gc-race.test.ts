// Two servers on one database and one blob directory: uploads, packaging, builds, armed hosts that fetch, and a collector on each that never rests.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Kysely } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { PostgresAuditLog } from '#adapters/postgres/audit-log.ts'
import { PostgresBuildStore } from '#adapters/postgres/build-store.ts'
import { PostgresChannelStore } from '#adapters/postgres/channel-store.ts'
import { PostgresInstallLog } from '#adapters/postgres/install-log.ts'
import { openDatabase } from '#adapters/postgres/open-database.ts'
import type { Tables } from '#adapters/postgres/tables.ts'
import { PostgresTemplateCatalog } from '#adapters/postgres/template-catalog.ts'
import { PostgresZoneRegistry } from '#adapters/postgres/zone-registry.ts'
import { collectGarbage } from '#app/gc/collect-garbage.ts'
import type { VersionRecord } from '#app/ports/catalog.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'
import { versionKey } from '#core/retention/decide.ts'
import { blobsOnDisk } from '#test/blobs-on-disk.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock, systemClock } from '#test/fakes/fake-clock.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { newBuild } from '#test/fixtures/new-build.ts'
import { createTestDatabase } from '#test/postgres-database.ts'
import { sha256Of } from './random-archive.ts'

/** Work goes on until each of these has happened so often, whatever the machine's pace. */
const ENOUGH = { acknowledged: 80, refused: 1, fetched: 12, built: 8, collected: 14 }
/** Not many contents: the same bytes are pushed again and again, while they are collected. */
const CONTENTS = Array.from({ length: 30 }, (_, index) => Buffer.alloc(4096 + index, `content ${index} `))
const TEMPLATES = ['web', 'mysql']

/** The adapters of one server; no two share anything in memory. */
async function openServer(url: string, root: string) {
  const db: Kysely<Tables> = await openDatabase(url, 6)
  onTestFinished(() => db.destroy())
  const blobs = await FileBlobStore.open(path.join(root, 'blobs'))
  return {
    blobs,
    catalog: new PostgresTemplateCatalog(db, (sha256) => blobs.keep(sha256)),
    channels: new PostgresChannelStore(db),
    installs: new PostgresInstallLog(db, systemClock),
    zones: new PostgresZoneRegistry(db),
    // builds end long ago, so that their recipes are garbage at once
    builds: new PostgresBuildStore(db, new FakeClock('2025-01-01T00:00:00.000Z')),
    audit: new PostgresAuditLog(db, systemClock),
    queue: new MemoryJobQueue(),
    clock: systemClock,
  }
}
type Server = Awaited<ReturnType<typeof openServer>>

const pick = <T>(all: readonly T[]): T => {
  const one = all[Math.floor(Math.random() * all.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}

/** Refusals that a race may bring: whoever gets one was told, and tries again. */
function unlessRefused(error: unknown): undefined {
  const mayBe = ['BlobCollected', 'VersionNotFound', 'WrongState', 'VersionInUse']
  if (error instanceof ProvisionError && mayBe.includes(error.code)) return undefined
  throw error
}

test(
  'nothing that was acknowledged is lost, and in the end there is nothing besides',
  { timeout: 120_000 },
  async () => {
    const { url, drop } = await createTestDatabase()
    onTestFinished(drop)
    const root = await mkdtemp(path.join(tmpdir(), 'zoneflash-gc-race-'))
    onTestFinished(() => rm(root, { recursive: true, force: true }))
    const servers = [await openServer(url, root), await openServer(url, root)] as const
    for (const template of TEMPLATES) {
      await servers[0].catalog.ensureTemplate(template)
      await servers[0].catalog.setRetention(template, { keepLast: 2, keepDays: 0 })
    }
    const done = { acknowledged: 0, refused: 0, armed: 0, fetched: 0, built: 0, collected: 0 }
    const isEnough = () =>
      Object.entries(ENOUGH).every(([what, count]) => done[what as keyof typeof ENOUGH] >= count)
    const collectedAgain = new Set<string>()
    let version = 0
    let ended = Promise.withResolvers<void>()
    let nextCollection = ended.promise

    async function store({ blobs }: Server): Promise<Artifact> {
      const bytes = pick(CONTENTS)
      const isDraft = Math.random() < 0.3
      const id = randomUUID()
      if (isDraft) {
        await blobs.drafts.create(id, '')
        await blobs.drafts.append(id, 0, Readable.from([bytes]))
      }
      const unchanged = (source: AsyncIterable<Uint8Array>) => source
      const stored = isDraft
        ? await blobs.drafts.adopt(id, unchanged)
        : await blobs.put(Readable.from([bytes]))
      if (isDraft) await blobs.drafts.remove(id)
      return { format: 'tar', compression: 'gzip', uncompressedSize: stored.size, entries: 0, ...stored }
    }

    /** One artifact, or as packaging does it, several that are stored long before they are recorded. */
    async function upload(
      server: Server,
      origin?: { template: string; version: string },
    ): Promise<VersionRecord | undefined> {
      const artifacts: Artifact[] = []
      for (let count = pick([1, 1, 3]); count > 0; count--) artifacts.push(await store(server))
      const createdAt = new Date().toISOString()
      const facts = { artifacts, createdAt, ...(origin && { origin }) }
      const record = versionOf(pick(TEMPLATES), `${++version}`, facts)
      const indexes = new Map(artifacts.map(({ sha256 }) => [sha256, []]))
      const put = await server.catalog.putVersion(record, indexes).then(() => true, unlessRefused)
      done[put ? 'acknowledged' : 'refused'] += 1
      return put ? record : undefined
    }

    /** What is acknowledged and not deleted is fetched whole; what is in use, is not deleted. */
    async function fetchWhole({ blobs }: Server, { manifest }: VersionRecord): Promise<void> {
      for (const { sha256, size } of manifest.artifacts) {
        const bytes = await buffer(await blobs.open(sha256))
        expect({ size: bytes.byteLength, sha256: sha256Of(bytes) }).toEqual({ size, sha256 })
      }
    }

    /** Newer ones may have made it go by policy. */
    async function expectWholeWhileThere(server: Server, record: VersionRecord): Promise<void> {
      try {
        await fetchWhole(server, record)
      } catch (error) {
        const { template, version: name } = record.manifest
        if (await server.catalog.findVersion(template, name)) throw error
      }
    }

    async function uploads(server: Server): Promise<void> {
      for (let count = 1; !isEnough(); count++) {
        const record = await upload(server)
        if (count % 10 === 0) await collectedOnce()
        if (record) await expectWholeWhileThere(server, record)
        if (record) await promote(server, record)
      }
    }

    async function promote(
      { catalog }: Server,
      { manifest: { template, version: name } }: VersionRecord,
    ): Promise<void> {
      if (Math.random() < 0.2) await catalog.setChannel(template, 'stable', name).catch(unlessRefused)
    }

    async function anyVersion({ catalog }: Server): Promise<VersionRecord | undefined> {
      const all = await catalog.listVersions(pick(TEMPLATES))
      return all.length > 0 ? pick(all) : undefined
    }

    /** Arms a host with a version that may be deleted this moment; once armed, it is there until the install is done. */
    async function hosts(server: Server, host: string): Promise<void> {
      while (!isEnough()) {
        const record = await anyVersion(server)
        if (!record) continue
        const { template, version: name, artifacts } = record.manifest
        const plan = {
          zones: [{ template, version: name }],
          artifacts: artifacts.map(({ sha256 }) => sha256),
        }
        const armed = await server.installs.arm(host, plan, 60_000).catch(unlessRefused)
        if (!armed) continue
        done.armed += 1
        await collectedOnce()
        await fetchWhole(server, record)
        expect(await server.catalog.findVersion(template, name), versionKey(record.manifest)).toBeDefined()
        await server.installs.record(armed.install.id, { id: '1', step: 'install', state: 'done' })
        done.fetched += 1
      }
    }

    /** A build takes a version as origin, and in the end records one that is built on it. */
    async function builds(server: Server): Promise<void> {
      while (!isEnough()) {
        const base = await anyVersion(server)
        if (!base) continue
        const { template, version: name, artifacts } = base.manifest
        const recipe = Buffer.from(`recipe ${done.built % 3}`)
        const bundle = await server.blobs.put(Readable.from([recipe]))
        const inputs = {
          recipe: bundle.sha256,
          origin: { template, version: name, sha256: artifacts[0]?.sha256 ?? bundle.sha256 },
          media: [],
        }
        // in the future, so that what was stored since it began is no exception
        const wanted = newBuild({ inputs, createdAt: new Date(Date.now() + 3_600_000).toISOString() })
        const build = await server.builds.create(wanted).catch(unlessRefused)
        if (!build) continue
        // as requestBuild does: now the collectors know
        await server.blobs.put(Readable.from([recipe]))
        await collectedOnce()
        expect(String(await buffer(await server.blobs.open(bundle.sha256)))).toMatch(/^recipe/)
        await fetchWhole(server, base)
        const made = await upload(server, { template, version: name })
        if (made) await fetchWhole(server, base)
        await server.builds.finish(build.id, 'done')
        done.built += 1
      }
    }

    /** Until a collection has ended that began after this. */
    async function collectedOnce(): Promise<void> {
      for (const end = done.collected + 3; done.collected < end && !isEnough();) await nextCollection
    }

    async function collector(server: Server): Promise<void> {
      // Without grace: what an upload has stored and not recorded is garbage at once.
      while (!isEnough()) {
        for await (const line of collectGarbage(server, { dryRun: false, actor: 'gc', graceMs: -1000 }))
          if (line.kind === 'blob' && line.verdict === 'delete') collectedAgain.add(line.name)
        done.collected += 1
        const { resolve } = ended
        ended = Promise.withResolvers<void>()
        nextCollection = ended.promise
        resolve()
      }
    }

    await Promise.all(
      servers.flatMap((server, index) => [
        uploads(server),
        uploads(server),
        hosts(server, `h${index}`),
        builds(server),
        collector(server),
      ]),
    )
    const all = (await Promise.all(TEMPLATES.map((name) => servers[0].catalog.listVersions(name)))).flat()
    for (const record of all) await fetchWhole(servers[1], record)
    for await (const _ of collectGarbage(servers[0], { dryRun: false, actor: 'gc', graceMs: -1000 }));
    const referenced = await servers[0].catalog.referencedBlobs()
    expect((await blobsOnDisk(root)).toSorted()).toEqual([...referenced].toSorted())
    const left = (await Promise.all(TEMPLATES.map((name) => servers[0].catalog.listVersions(name)))).flat()
    expect(left.length).toBeGreaterThanOrEqual(2)
    for (const record of left) await fetchWhole(servers[0], record)
    expect(collectedAgain.size, 'contents that were collected').toBeGreaterThan(0)
  },
)
