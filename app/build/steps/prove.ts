// The proof: what was packaged becomes a zone and a clone on the build host, as on any other. Cut off, it begins anew.
import { stepActions } from '#core/build/commands/step-actions.ts'
import { putLibrary } from '#core/build/commands/tools.ts'
import { makeBuildPlan } from '#core/build/plan.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import { buildSteps, phaseOf } from '#core/build/steps.ts'
import type { Step } from '../step.ts'
import { act } from './act.ts'
import type { StepNeeds } from './needs.ts'
import { chooseTree } from './origin.ts'

export function proveStep(step: BuildStepName, needs: StepNeeds): Step {
  return async (context) => {
    const { build, host, shell, attempt, say } = context
    const plan = makeBuildPlan(build, context.recipe, host)
    const proof = buildSteps.filter((one) => phaseOf(one) === 'prove')
    const steps = attempt > 1 ? proof.slice(0, proof.indexOf(step) + 1) : [step]
    if (steps.includes('prove-install')) {
      const { manifest } = await needs.catalog.getVersion(build.template, build.version)
      const { name: zone, path: zonepath } = plan.proof
      plan.packaged = await chooseTree(shell, manifest, { zone, zonepath, host })
    }
    await act(context, plan, [putLibrary(plan)], needs)
    for (const one of steps) {
      if (one !== step) say(`again: ${one}`)
      await act(context, plan, stepActions[one](plan), needs)
    }
  }
}
