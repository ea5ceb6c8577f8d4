import path from 'node:path'
import { sql } from 'kysely'
import type { AuditLog } from '#app/ports/access.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import type { BuildStore } from '#app/ports/builds.ts'
import type { TemplateCatalog } from '#app/ports/catalog.ts'
import type { ChannelStore, ZoneRegistry } from '#app/ports/channels.ts'
import type { HostRegistry, ProfileStore } from '#app/ports/hosts.ts'
import type { ImageStore } from '#app/ports/images.ts'
import type { JumpStartStore } from '#app/ports/jumpstart.ts'
import type { InstallLog } from '#app/ports/installs.ts'
import type { KayakLogs } from '#app/ports/kayak-logs.ts'
import type { Netboot } from '#app/ports/netboot.ts'
import type { Clock, JobQueue } from '#app/ports/queue.ts'
import type { MediaShelf, RecipeShelf } from '#app/ports/recipes.ts'
import type { ScheduleStore } from '#app/ports/schedules.ts'
import type { StreamTrees } from '#app/ports/streams.ts'
import { sweepLeftovers, type Swept } from '#app/sweep-leftovers.ts'
import type { Config } from '#core/config.ts'
import { FileBlobStore } from './blob-store/file-blob-store.ts'
import {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from './embedded-postgres/embedded-postgres.ts'
import { makeImage } from './netboot/xorriso-image.ts'
import { PostgresAuditLog } from './postgres/audit-log.ts'
import { PostgresBuildStore } from './postgres/build-store.ts'
import { PostgresChannelStore } from './postgres/channel-store.ts'
import { PostgresHostRegistry } from './postgres/host-registry.ts'
import { PostgresImageStore } from './postgres/image-store.ts'
import { PostgresInstallLog } from './postgres/install-log.ts'
import { PostgresKayakLogs } from './postgres/kayak-logs.ts'
import { PostgresJumpStartStore } from './postgres/jumpstart-store.ts'
import { migrate } from './postgres/migrate.ts'
import { openDatabase } from './postgres/open-database.ts'
import { PostgresProfileStore } from './postgres/profile-store.ts'
import { PostgresScheduleStore } from './postgres/schedule-store.ts'
import { PostgresTemplateCatalog } from './postgres/template-catalog.ts'
import { PostgresTokenStore } from './postgres/token-store.ts'
import { PostgresZoneRegistry } from './postgres/zone-registry.ts'
import { BullmqJobQueue } from './queue/bullmq-job-queue.ts'
import type { QueueBoard } from './queue/queue-board.ts'
import { chooseQueueEngine, type QueueEngine } from './queue/queue-connection.ts'
import { FileMediaShelf } from './recipes/file-media-shelf.ts'
import { FileRecipeShelf } from './recipes/file-recipe-shelf.ts'
import { shippedTemplates } from './recipes/shipped-templates.ts'
import { openStreamTrees } from './zfs/stream-trees.ts'

/** Every port, opened on its engine. */
export interface Adapters {
  catalog: TemplateCatalog
  channels: ChannelStore
  zones: ZoneRegistry
  blobs: BlobStore
  builds: BuildStore
  hosts: HostRegistry
  profiles: ProfileStore
  jumpstart: JumpStartStore
  tokens: PostgresTokenStore
  images: ImageStore
  installs: InstallLog
  kayakLogs: KayakLogs
  audit: AuditLog
  queue: JobQueue
  recipes: RecipeShelf
  media: MediaShelf
  netboot: Netboot
  schedules: ScheduleStore
  streams: StreamTrees
  clock: Clock
}

export interface OpenedAdapters extends Adapters {
  /** for processes that open the same */
  databaseUrl: string
  queueEngine: QueueEngine
  queueBoard: QueueBoard
  /** resolves when the embedded database has ended; one that is not ours is waited for */
  databaseEnded: Promise<void>
  /** what a server swept at its start; workers sweep nothing */
  swept: Swept | undefined
  /** Whether the engines answer now. @throws when one does not */
  ping: () => Promise<void>
  close: () => Promise<void>
}

/** A server starts the embedded database and sweeps; a worker joins what a server has started. */
export type ProcessRole = 'server' | 'worker'

/** A blob of another server's upload in progress is younger than this. */
const SHARED_BLOB_AGE_MS = 3_600_000

const systemClock: Clock = { now: () => new Date() }

/**
 * Opens everything that `config` names.
 * @throws DataDirInUse, EmbeddedPostgresUnavailable, DatabaseUnreachable, QueueUnreachable
 */
export async function openAdapters(config: Config, role: ProcessRole): Promise<OpenedAdapters> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne()
  }
  try {
    const server = await openDatabaseServer(config, role)
    closers.push(() => server.stop())
    return await openOn(config, role, server, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

type DatabaseServer = Omit<EmbeddedPostgres, 'pid'>

async function openDatabaseServer(config: Config, role: ProcessRole): Promise<DatabaseServer> {
  const foreign = { ended: new Promise<void>(() => {}), stop: async () => {} }
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, ...foreign }
  if (role === 'server') return startEmbeddedPostgres(config.dataDir)
  return { url: findEmbeddedPostgres(config.dataDir), ...foreign }
}

async function openOn(
  config: Config,
  role: ProcessRole,
  { url: databaseUrl, ended: databaseEnded }: DatabaseServer,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<OpenedAdapters> {
  const db = await openDatabase(databaseUrl)
  closers.push(() => db.destroy())
  await migrate(db)
  const queueEngine = chooseQueueEngine(databaseUrl, config.redisUrl)
  const queue = await BullmqJobQueue.open(queueEngine)
  closers.push(() => queue.close())

  const clock = systemClock
  const installs = new PostgresInstallLog(db, clock)
  const blobs = await FileBlobStore.open(config.blobs.root)
  const streams = openStreamTrees(config, blobs)
  closers.push(() => streams.close())
  const builds = new PostgresBuildStore(db, clock)
  const catalog = new PostgresTemplateCatalog(db, (sha256) => blobs.keep(sha256))
  const sweep = () =>
    sweepLeftovers(
      {
        catalog,
        blobs,
        clock,
        expireOverdueInstalls: () => installs.expireOverdue(),
        unfinishedPackages: async () => [
          ...(await queue.unfinished('package')),
          ...(await queue.unfinished('archive-system')),
          ...(await builds.list({ states: ['waiting', 'running'] })),
        ],
        queue,
      },
      // On the embedded database this server is the only one, and it takes no uploads yet.
      config.databaseUrl === undefined ? 0 : SHARED_BLOB_AGE_MS,
    )
  return {
    catalog,
    channels: new PostgresChannelStore(db),
    zones: new PostgresZoneRegistry(db),
    blobs,
    builds,
    hosts: new PostgresHostRegistry(db),
    profiles: new PostgresProfileStore(db),
    jumpstart: new PostgresJumpStartStore(db, clock),
    tokens: new PostgresTokenStore(db, clock),
    images: new PostgresImageStore(db, (sha256) => blobs.keep(sha256)),
    installs,
    kayakLogs: new PostgresKayakLogs(db),
    audit: new PostgresAuditLog(db, clock),
    queue,
    recipes: new FileRecipeShelf(config.templatesDir ?? shippedTemplates),
    media: new FileMediaShelf(config.mediaDir),
    netboot: { media: new FileMediaShelf(path.join(config.mediaDir, 'wanboot')), makeImage },
    schedules: new PostgresScheduleStore(db),
    streams,
    clock,
    databaseUrl,
    databaseEnded,
    queueEngine,
    queueBoard: queue.board,
    swept: role === 'server' ? await sweep() : undefined,
    ping: async () => void (await sql`select 1`.execute(db)),
    close,
  }
}
