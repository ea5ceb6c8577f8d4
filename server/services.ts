import type { Logger } from 'pino'
import type { AuditLog, TokenStore } from '#app/ports/access.ts'
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
import type { QueueBoard } from '#adapters/queue/queue-board.ts'
import type { Config } from '#core/config.ts'

/** What the HTTP server is given; it constructs nothing itself. */
export interface Services {
  config: Config
  catalog: TemplateCatalog
  channels: ChannelStore
  zones: ZoneRegistry
  blobs: BlobStore
  builds: BuildStore
  hosts: HostRegistry
  profiles: ProfileStore
  jumpstart: JumpStartStore
  tokens: TokenStore
  images: ImageStore
  installs: InstallLog
  kayakLogs: KayakLogs
  audit: AuditLog
  queue: JobQueue
  /** the queue's jobs as pages, for admins */
  queueBoard?: QueueBoard
  recipes: RecipeShelf
  media: MediaShelf
  netboot: Netboot
  schedules: ScheduleStore
  streams: StreamTrees
  clock: Clock
  log: Logger
}
