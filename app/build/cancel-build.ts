// Ends a build before its time.
import { isOver, type Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import type { AuditLog, BuildStore } from '../ports.ts'

/** A build that waits is over at once; one that runs when its worker has stopped what it began. @throws BuildNotFound, BuildOver */
export async function cancelBuild(
  { id, actor }: { id: string; actor: string },
  { builds, audit }: { builds: BuildStore; audit: AuditLog },
): Promise<Build> {
  const before = await builds.get(id)
  if (isOver(before.state) || !(await builds.requestCancel(id))) {
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
