// What becomes of the zones of a build that failed.
import { isOver, type Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import type { AuditLog } from '../ports/access.ts'
import type { BuildStore } from '../ports/builds.ts'
import type { JobQueue } from '../ports/queue.ts'

interface Wanted {
  id: string
  actor: string
}

/** They stay also when a later build of the template succeeds. @throws BuildNotFound, NothingKept */
export async function keepBuild(
  { id, actor }: Wanted,
  needs: { builds: BuildStore; audit: AuditLog },
): Promise<Build> {
  const build = await needs.builds.get(id)
  if (isOver(build.state) && !build.zoneKept) throw nothingKept(build)
  await needs.builds.setKeepZone(id, true)
  await needs.audit.write({ actor, action: 'build.keep', subject: build.template, details: { build: id } })
  return needs.builds.get(id)
}

/** A worker removes them. @throws BuildNotFound, BuildRunning, NothingKept */
export async function discardBuild(
  { id, actor }: Wanted,
  { builds, queue, audit }: { builds: BuildStore; queue: JobQueue; audit: AuditLog },
): Promise<Build> {
  const build = await builds.get(id)
  if (!isOver(build.state))
    throw new ProvisionError(
      'conflict',
      'BuildRunning',
      `build ${id} is ${build.state}, expected one that is over: cancel it, then its zones go too`,
    )
  if (!build.zoneKept) throw nothingKept(build)
  await builds.setKeepZone(id, false)
  await queue.add('discard', { build: id }, `discard_${id}`)
  await audit.write({ actor, action: 'build.discard', subject: build.template, details: { build: id } })
  return builds.get(id)
}

function nothingKept({ id, state }: Build): ProvisionError {
  return new ProvisionError(
    'conflict',
    'NothingKept',
    `build ${id} is ${state} and has no zones on its host, expected one that failed`,
  )
}
