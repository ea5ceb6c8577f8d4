// Asks the workers to build a template.
import { Readable } from 'node:stream'
import type { Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import { versionNameAt } from '#core/version-name.ts'
import type { NewBuild } from '../ports/builds.ts'
import { enqueueBuild } from './enqueue-build.ts'
import type { RequestNeeds } from './needs.ts'
import { planBuild, type PlannedBuild, type WantedBuild } from './plan-build.ts'
import { becauseOf, findSame } from './same-inputs.ts'

/**
 * Records the build with the recipe as it is now, and queues its steps. One whose inputs are those of a version that is ready
 * is recorded as `skipped`; where media are made, the worker finds that out.
 * @throws those of planBuild
 */
export async function requestBuild(wanted: WantedBuild, needs: RequestNeeds): Promise<Build> {
  const planned = await planBuild(wanted, needs)
  const { recipe, build } = planned
  const hasMade = recipe.recipe.media.some(({ make }) => make !== undefined)
  const same = wanted.force || hasMade ? undefined : await findSame(wanted.name, build.inputs, needs)
  const store = () => needs.blobs.put(Readable.from([recipe.bundle]), recipe.digest)
  await store()
  const created = await create(planned, same && becauseOf(same), needs)
  // Only now does whoever collects garbage know that a build needs the bundle.
  if (created.state === 'waiting') await store()
  if (created.state === 'waiting') await enqueueBuild(created, needs.queue)
  await needs.audit.write({
    actor: wanted.actor,
    action: same ? 'build.skip' : 'build.run',
    subject: created.template,
    details: { build: created.id, version: created.version, host: created.host, reason: created.reason },
  })
  return created
}

/** Under the first name of the moment that neither a version nor another build has. */
async function create(
  { build }: PlannedBuild,
  skipped: string | undefined,
  needs: RequestNeeds,
): Promise<Build> {
  const { template } = build
  const base = versionNameAt(new Date(build.createdAt))
  for (let count = 1; ; count++) {
    const version = count === 1 ? base : `${base}-${count}`
    if (await needs.catalog.findVersion(template, version)) continue
    if (await needs.catalog.isNameSpent(template, version)) continue
    const wanted: NewBuild = {
      ...build,
      version,
      ...(skipped !== undefined && { state: 'skipped', reason: skipped }),
    }
    const created = await needs.builds.create(wanted).catch((error: unknown) => {
      if (error instanceof ProvisionError && error.code === 'VersionExists') return undefined
      throw error
    })
    if (created) return created
  }
}
