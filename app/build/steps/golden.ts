// Steps on the golden zone. What was cut off is begun anew from the first of them: a zone in any other state proves nothing.
import { holdImportActions, startOverActions } from '#core/build/commands/golden.ts'
import { stepActions } from '#core/build/commands/step-actions.ts'
import { putLibrary } from '#core/build/commands/tools.ts'
import { makeBuildPlan, type BuildPlan } from '#core/build/plan.ts'
import { buildSteps, phaseOf, type BuildStepName } from '#core/build/steps.ts'
import type { Step, StepContext } from '../step.ts'
import { act } from './act.ts'
import type { StepNeeds } from './needs.ts'
import { findOrigin } from './origin.ts'

export function goldenStep(step: BuildStepName, needs: StepNeeds): Step {
  return async (context) => {
    const { attempt, say } = context
    const plan = makeBuildPlan(context.build, context.recipe, context.host)
    await act(context, plan, [putLibrary(plan)], needs)
    if (attempt > 1) {
      say(`attempt ${attempt}: the zone is made anew, as the one before may have been cut off anywhere`)
      await act(context, plan, startOverActions(plan), needs)
    }
    for (const one of attempt > 1 ? goldenStepsUpTo(step) : [step]) {
      if (one !== step) say(`again: ${one}`)
      const current = await withOrigin(one, plan, context, needs)
      await act(context, current, stepActions[one](current), needs)
    }
  }
}

function goldenStepsUpTo(step: BuildStepName): BuildStepName[] {
  const golden = buildSteps.filter((one) => phaseOf(one) === 'golden')
  return golden.slice(0, golden.indexOf(step) + 1)
}

async function withOrigin(
  step: BuildStepName,
  plan: BuildPlan,
  context: StepContext,
  needs: StepNeeds,
): Promise<BuildPlan> {
  if (step !== 'create' && step !== 'install') return plan
  const origin = await findOrigin(context, needs.catalog)
  if (step !== 'create' || origin?.import === undefined) return { ...plan, origin }
  await act(context, plan, holdImportActions(plan, origin.zone), needs)
  return { ...plan, origin: await findOrigin(context, needs.catalog) }
}
