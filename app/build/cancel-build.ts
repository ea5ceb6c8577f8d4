// Ends a build before its time.
import type { Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import type { AuditLog } from '../ports/access.ts'
import type { BuildStore } from '../ports/builds.ts'

/** A build that waits is over at once; one that runs when its worker has stopped what it began. @throws BuildNotFound, BuildOver, BuildPublishing */
export async function cancelBuild(
  { id, actor }: { id: string; actor: string },
  { builds, audit }: { builds: BuildStore; audit: AuditLog },
): Promise<Build> {
  const before = await builds.get(id)
  const outcome = await builds.requestCancel(id)
  if (outcome === 'publishing')
    throw new ProvisionError(
      'conflict',
      'BuildPublishing',
      `build ${id} is being published, expected one that has not come so far`,
    )
  if (outcome === 'over') {
    const { state } = await builds.get(id)
    throw new ProvisionError(
      'conflict',
      'BuildOver',
      `build ${id} is ${state}, expected one that waits or runs`,
    )
  }
  await audit.write({ actor, action: 'build.cancel', subject: before.template, details: { build: id } })
  return builds.get(id)
}
