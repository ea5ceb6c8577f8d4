// Every route of the admin API except uploads, which stream and are mounted by uploads.ts.
import type { Route } from '../route.ts'
import type { Services } from '../services.ts'
import { bootRoutes } from './boot.ts'
import { buildRoutes } from './builds.ts'
import { channelRoutes } from './channels.ts'
import { conversionRoutes } from './conversions.ts'
import { gcRoutes } from './gc.ts'
import { hostClientRoutes } from './host-clients.ts'
import { hostRoutes } from './hosts.ts'
import { inspectionRoutes } from './inspections.ts'
import { installRoutes } from './installs.ts'
import { jobRoutes } from './jobs.ts'
import { jumpStartRoutes } from './jumpstart.ts'
import { profileRoutes } from './profiles.ts'
import { recipeRoutes } from './recipes.ts'
import { scheduleRoutes } from './schedules.ts'
import { systemArchiveRoutes } from './system-archives.ts'
import { templateRoutes } from './templates.ts'
import { tokenRoutes } from './tokens.ts'
import { versionRoutes } from './versions.ts'
import { zoneRoutes } from './zones.ts'

/** In the order of the documentation. */
export const apiRoutes = (services: Services): Route[] => [
  ...templateRoutes(services),
  ...channelRoutes(services),
  ...versionRoutes(services),
  ...conversionRoutes(services),
  ...inspectionRoutes(services),
  ...jobRoutes(services),
  ...recipeRoutes(services),
  ...buildRoutes(services),
  ...scheduleRoutes(services),
  ...profileRoutes(services),
  ...jumpStartRoutes(services),
  ...hostRoutes(services),
  ...hostClientRoutes(services),
  ...bootRoutes(services),
  ...systemArchiveRoutes(services),
  ...installRoutes(services),
  ...zoneRoutes(services),
  ...gcRoutes(services),
  ...tokenRoutes(services),
]
