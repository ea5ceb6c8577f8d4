import type { Host } from '#core/host.ts'
import type {
  AuditLog,
  BlobStore,
  BuildStore,
  ChannelStore,
  Clock,
  HostRegistry,
  HostShell,
  JobQueue,
  MediaShelf,
  RecipeShelf,
  TemplateCatalog,
} from '../ports.ts'
import type { Steps } from './step.ts'

/** What asking for a build takes. */
export interface RequestNeeds {
  builds: BuildStore
  channels: ChannelStore
  catalog: TemplateCatalog
  hosts: HostRegistry
  recipes: RecipeShelf
  media: MediaShelf
  blobs: BlobStore
  queue: JobQueue
  audit: AuditLog
  clock: Clock
}

/** What doing one takes. */
export interface BuildNeeds extends RequestNeeds {
  steps: Steps
  openShell: (host: Host) => HostShell
  /** Sends JSON. @throws when it does not arrive */
  post: (url: string, body: object) => Promise<void>
}
