// What a build would do, before there is one.
import type { BuildInputs } from '#core/build/build.ts'
import { describeBuild } from '#core/build/commands/step-actions.ts'
import { importedZone, makeBuildPlan, zonesRootOf, type OriginPlace } from '#core/build/plan.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { Host } from '#core/host.ts'
import { versionNameAt } from '#core/version-name.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { RequestNeeds } from './needs.ts'
import { planBuild, type WantedBuild } from './plan-build.ts'
import { becauseOf, findSame } from './same-inputs.ts'

export interface DescribedBuild {
  template: string
  host: string
  origin: string | undefined
  /** why it would be skipped; where media are made, only their worker can tell */
  skipped: string | undefined
  steps: { step: BuildStepName; lines: string[] }[]
}

/** Stores nothing and asks no host. @throws those of planBuild */
export async function describePlannedBuild(
  wanted: WantedBuild,
  needs: RequestNeeds,
): Promise<DescribedBuild> {
  const { recipe, host, build } = await planBuild(wanted, needs)
  const { origin } = build.inputs
  const version = versionNameAt(new Date(build.createdAt))
  const plan = makeBuildPlan({ ...build, version }, recipe, host)
  const hasMade = recipe.recipe.media.some(({ make }) => make !== undefined)
  const same = wanted.force || hasMade ? undefined : await findSame(build.template, build.inputs, needs)
  return {
    template: build.template,
    host: host.name,
    origin: origin && `${origin.template}@${origin.version}`,
    skipped: same && becauseOf(same),
    steps: describeBuild({ ...plan, origin: await supposedPlace(origin, host, needs.catalog) }),
  }
}

/** Where the origin's zone should be: left by its build on this host, or made of its packaged artifact. */
async function supposedPlace(
  origin: BuildInputs['origin'],
  host: Host,
  catalog: TemplateCatalog,
): Promise<OriginPlace | undefined> {
  if (origin === undefined) return undefined
  const { manifest } = await catalog.getVersion(origin.template, origin.version)
  const { madeFrom } = manifest
  if (madeFrom?.host !== host.name) return { zone: importedZone(origin, host) }
  return { zone: { name: madeFrom.zone, path: `${zonesRootOf(host)}/${madeFrom.zone}` } }
}
