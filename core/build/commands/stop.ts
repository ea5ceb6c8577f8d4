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
    run(tool(plan, 'release_origin'), 15),
    removeDirectory(plan),
  ]
}

/** A whole one stays for the next build, and one that another build makes is that build's. */
function dropHalfImport(plan: BuildPlan): Action[] {
  const { imported } = plan
  return imported ? [run(tool(plan, 'drop_half', imported.name, imported.path))] : []
}

/** Long after the build: what is half there now is another's. */
export function discardActions(plan: BuildPlan): Action[] {
  return [
    ...dropProofActions(plan),
    removeZone(plan, plan.golden),
    run(tool(plan, 'release_origin'), 15),
    removeDirectory(plan),
  ]
}
