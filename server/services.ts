import type { Logger } from 'pino'
import type {
  AuditLog,
  BlobStore,
  Clock,
  HostRegistry,
  InstallLog,
  JobQueue,
  MediaShelf,
  ProfileStore,
  RecipeShelf,
  TemplateCatalog,
  TokenStore,
} from '#app/ports.ts'
import type { Config } from '#core/config.ts'

/** What the HTTP server is given; it constructs nothing itself. */
export interface Services {
  config: Config
  catalog: TemplateCatalog
  blobs: BlobStore
  hosts: HostRegistry
  profiles: ProfileStore
  tokens: TokenStore
  installs: InstallLog
  audit: AuditLog
  queue: JobQueue
  recipes: RecipeShelf
  media: MediaShelf
  clock: Clock
  log: Logger
}
