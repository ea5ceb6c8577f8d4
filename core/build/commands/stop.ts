// How a build ends that did not get to its end.
import { run, type Action } from '../action.ts'
import type { BuildPlan } from '../plan.ts'
import { dropProofActions } from './proof.ts'
import { removeDirectory, removeZone, tool } from './tools.ts'

/** The golden zone stays for somebody to look at. */
export function stopActions(plan: BuildPlan): Action[] {
  const { golden, proof, clone } = plan
  return [
    run(tool(plan, 'halt_zones', clone.name, proof.name, golden.name), 10),
    ...dropProofActions(plan),
    removeDirectory(plan),
  ]
}

export function discardActions(plan: BuildPlan): Action[] {
  return [...dropProofActions(plan), removeZone(plan, plan.golden), removeDirectory(plan)]
}
