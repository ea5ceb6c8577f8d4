// The proof that what was packaged can be installed: a zone made of it, and a clone of that which boots.
import { byServer, run, type Action } from '../action.ts'
import type { BuildPlan } from '../plan.ts'
import { bootActions, labelOf, waitActions } from './golden.ts'
import { configure, removeZone, tool, zoneadm } from './tools.ts'
import { unpackActions } from './unpack.ts'
import { smokeActions } from './zone-scripts.ts'

export function dropProofActions(plan: BuildPlan): Action[] {
  return [removeZone(plan, plan.clone), removeZone(plan, plan.proof)]
}

export function proveInstallActions(plan: BuildPlan): Action[] {
  const { proof, clone, packaged, recipe } = plan
  return [
    ...dropProofActions(plan),
    ...(packaged
      ? unpackActions(plan, proof, packaged, 'packaged')
      : [byServer(`the packaged artifact is sent to ${proof.path} and unpacked`)]),
    configure(plan, proof, [`create -a ${proof.path}`, 'set autoboot=false']),
    run(zoneadm(proof, 'attach'), recipe.minutes.install),
    configure(plan, clone, [`create -t ${proof.name}`, `set zonepath=${clone.path}`], proof),
    run(zoneadm(clone, 'clone', proof.name), recipe.minutes.install),
    run(tool(plan, 'identity', clone.name, clone.path, plan.family, labelOf(clone.name))),
  ]
}

export function proveBootActions(plan: BuildPlan): Action[] {
  return [...bootActions(plan, plan.clone), ...waitActions(plan, plan.clone)]
}

export function proveSmokeActions(plan: BuildPlan): Action[] {
  return [...smokeActions(plan, plan.clone), ...dropProofActions(plan)]
}
