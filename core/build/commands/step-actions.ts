// What each step of a build does. A missing or surplus step does not compile.
import { byServer, describeAction, type Action } from '../action.ts'
import type { BuildPlan } from '../plan.ts'
import { buildSteps, type BuildStepName } from '../steps.ts'
import {
  bootActions,
  createActions,
  detachActions,
  haltActions,
  installActions,
  scrubActions,
  waitActions,
} from './golden.ts'
import { mediaActions } from './media.ts'
import { proveBootActions, proveInstallActions, proveSmokeActions } from './proof.ts'
import { putLibrary, removeDirectory } from './tools.ts'
import { customizeActions, smokeActions } from './zone-scripts.ts'

export const stepActions: Record<BuildStepName, (plan: BuildPlan) => Action[]> = {
  media: mediaActions,
  create: createActions,
  install: installActions,
  boot: (plan) => bootActions(plan),
  wait: (plan) => waitActions(plan),
  customize: customizeActions,
  smoke: (plan) => smokeActions(plan, plan.golden),
  halt: haltActions,
  scrub: scrubActions,
  detach: detachActions,
  package: ({ golden, recipe, template, version }) => [
    byServer(`read ${golden.path}/root once; ${template}@${version} gets ${recipe.formats.join(', ')}`),
  ],
  hygiene: ({ template, version }) => [
    byServer(`search the packaged bytes of ${template}@${version} for what must not travel`),
  ],
  'prove-install': proveInstallActions,
  'prove-boot': proveBootActions,
  'prove-smoke': proveSmokeActions,
  publish: (plan) => [
    byServer(`${plan.template}@${plan.version} is ready, and candidate`),
    removeDirectory(plan),
  ],
}

/** For `build run --dry-run`: every step with its commands as they would be run. */
export function describeBuild(plan: BuildPlan): { step: BuildStepName; lines: string[] }[] {
  return buildSteps.map((step) => {
    const first = step === 'media' ? [putLibrary(plan)] : []
    return { step, lines: [...first, ...stepActions[step](plan)].flatMap(describeAction) }
  })
}
