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
    ...dropHalfImport(plan),
    removeDirectory(plan),
  ]
}

/** A whole one stays for the next build. */
function dropHalfImport(plan: BuildPlan): Action[] {
  const { imported } = plan
  return imported ? [run(tool(plan, 'drop_half', imported.name, imported.path))] : []
}

export function discardActions(plan: BuildPlan): Action[] {
  return [
    ...dropProofActions(plan),
    removeZone(plan, plan.golden),
    ...dropHalfImport(plan),
    removeDirectory(plan),
  ]
}
