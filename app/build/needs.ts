import type { Host } from '#core/host.ts'
import type { AuditLog } from '../ports/access.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { HostRegistry, HostShell } from '../ports/hosts.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import type { MediaShelf, RecipeShelf } from '../ports/recipes.ts'
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
