// The ends of a build: its version is published, or nothing of it is left.
import type { Build } from '#core/build/build.ts'
import { discardActions, stopActions } from '#core/build/commands/stop.ts'
import { putLibrary, removeDirectory } from '#core/build/commands/tools.ts'
import { makeBuildPlan } from '#core/build/plan.ts'
import { publishCandidate } from '../../channels/publish-candidate.ts'
import { requestRelease } from '../../release-snapshot.ts'
import type { Step } from '../step.ts'
import { act } from './act.ts'
import type { StepNeeds } from './needs.ts'
import { isOurs } from './package.ts'

export function publishStep(needs: StepNeeds): Step {
  return async (context) => {
    const { build, recipe, say } = context
    const { template, version, id } = build
    const { state } = await needs.catalog.getVersion(template, version)
    // an attempt before may have come so far
    if (state !== 'ready') await needs.catalog.setState(template, version, 'ready')
    const { promote: policy, notify } = recipe.recipe
    const hooks = notify.filter(({ on }) => on.includes('failed')).map(({ webhook }) => webhook)
    await needs.catalog.setRetention(template, recipe.recipe.retention)
    await publishCandidate({ template, version, actor: `build ${id}`, policy, hooks }, needs)
    say(`${template}@${version} is ready, and candidate`)
    const plan = makeBuildPlan(build, context.recipe, context.host)
    await act(context, plan, [removeDirectory(plan)], needs).catch((error: unknown) => {
      // the version is out: what is left on the host is no reason to call the build failed
      say(`left behind on ${context.host.name}: ${plan.directory} (${String(error)})`)
    })
  }
}

export function stopStep(needs: StepNeeds): Step {
  return async (context) => {
    await abandonVersion(context.build, needs)
    const plan = makeBuildPlan(context.build, context.recipe, context.host)
    await act(context, plan, [putLibrary(plan), ...stopActions(plan)], needs)
  }
}

export function discardStep(needs: StepNeeds): Step {
  return async (context) => {
    const { id, template, version } = context.build
    const record = await needs.catalog.findVersion(template, version)
    if (record?.state === 'ready' && record.manifest.createdBy === id) {
      context.say(`${template}@${version} is ready: its golden zone goes with it`)
      return
    }
    await abandonVersion(context.build, needs)
    const plan = makeBuildPlan(context.build, context.recipe, context.host)
    await act(context, plan, [putLibrary(plan), ...discardActions(plan)], needs)
  }
}

/** First, so that also a host which is out of reach leaves nothing half-published. One that was published stays. */
export async function abandonVersion(
  build: Build,
  { catalog, queue }: Pick<StepNeeds, 'catalog' | 'queue'>,
): Promise<void> {
  const { template, version } = build
  const record = await catalog.findVersion(template, version)
  if (!record || !isOurs(record, build.id)) return
  if (record.state === 'building') await catalog.abandonBuild(template, version)
  else await catalog.setState(template, version, 'deleted')
  await requestRelease(record.manifest, queue)
}
