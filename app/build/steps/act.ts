import type { Action } from '#core/build/action.ts'
import type { BuildPlan } from '#core/build/plan.ts'
import type { StepContext } from '../step.ts'
import { doActions } from './do-actions.ts'
import type { StepNeeds } from './needs.ts'
import { openBytes } from './sent-bytes.ts'

/** Carries out `actions`, with the bytes that they send from where they are. @throws the codes of do-actions.ts */
export function act(
  context: StepContext,
  plan: BuildPlan,
  actions: readonly Action[],
  needs: StepNeeds,
): Promise<void> {
  const open = openBytes(context, plan, needs)
  return doActions(context, plan, actions, { open, minuteMs: needs.minuteMs })
}
