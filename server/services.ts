import type { Logger } from 'pino'
import type {
  AuditLog,
  BlobStore,
  BuildStore,
  ChannelStore,
  Clock,
  HostRegistry,
  InstallLog,
  JobQueue,
  MediaShelf,
  ProfileStore,
  RecipeShelf,
  ScheduleStore,
  TemplateCatalog,
  TokenStore,
  ZoneRegistry,
} from '#app/ports.ts'
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
  tokens: TokenStore
  installs: InstallLog
  audit: AuditLog
  queue: JobQueue
  /** the queue's jobs as pages, for admins */
  queueBoard?: QueueBoard
  recipes: RecipeShelf
  media: MediaShelf
  schedules: ScheduleStore
  clock: Clock
  log: Logger
}
