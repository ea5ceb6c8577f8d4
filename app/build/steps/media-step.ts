import { mediaActions } from '#core/build/commands/media.ts'
import { putLibrary } from '#core/build/commands/tools.ts'
import { makeBuildPlan } from '#core/build/plan.ts'
import type { Step } from '../step.ts'
import { act } from './act.ts'
import { assertAsRecorded, isMade } from './media.ts'
import type { StepNeeds } from './needs.ts'

export function mediaStep(needs: StepNeeds): Step {
  return async (context) => {
    const plan = makeBuildPlan(context.build, context.recipe, context.host)
    const { recipe } = context.recipe
    // what is missing is said before anything is sent
    for (const medium of recipe.media) if (!isMade(medium)) await assertAsRecorded(context, medium, needs)
    const actions = [putLibrary(plan), ...mediaActions(plan)]
    await act(context, plan, actions, needs)
  }
}
