// Deletes a version that nothing refers to.
import { versionInUse } from '#core/store-errors.ts'
import { plannedVersions } from './planned-versions.ts'
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { InstallLog } from './ports/installs.ts'
import type { JobQueue } from './ports/queue.ts'
import { requestRelease } from './release-snapshot.ts'

interface Needs {
  catalog: TemplateCatalog
  installs: InstallLog
  queue: JobQueue
  audit: AuditLog
}

interface Which {
  template: string
  version: string
  actor: string
}

/** @throws VersionInUse while a channel, another version's origin or an open install refers to it */
export async function deleteVersion(
  { template, version, actor }: Which,
  { catalog, installs, queue, audit }: Needs,
): Promise<void> {
  const user = (await installs.listOpen()).find(({ plan }) =>
    plannedVersions(plan).some((one) => one.template === template && one.version === version),
  )
  if (user) throw versionInUse(template, version, `install ${user.id} of host ${user.host}`)
  const there = await catalog.findVersion(template, version)
  await catalog.setState(template, version, 'deleted')
  await audit.write({ actor, action: 'version.delete', subject: `${template}@${version}` })
  if (there) await requestRelease(there.manifest, queue)
}
