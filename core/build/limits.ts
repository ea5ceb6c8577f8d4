// How long a step may take, of what the recipe says in `minutes`.
import type { Recipe } from '../recipe/schema.ts'
import { buildSteps, phaseOf, type BuildStepName } from './steps.ts'

const limitOf: Record<BuildStepName, keyof Recipe['minutes']> = {
  media: 'media',
  create: 'install',
  install: 'install',
  boot: 'boot',
  wait: 'boot',
  customize: 'customize',
  smoke: 'smoke',
  halt: 'boot',
  scrub: 'boot',
  detach: 'boot',
  package: 'package',
  hygiene: 'package',
  'prove-install': 'install',
  'prove-boot': 'boot',
  'prove-smoke': 'smoke',
  publish: 'package',
}

/** A later attempt may have to do its whole phase again, so it gets the time of all steps up to this one. */
export function stepLimitMs(minutes: Recipe['minutes'], step: BuildStepName, attempt: number): number {
  const phase = buildSteps
    .slice(0, buildSteps.indexOf(step) + 1)
    .filter((other) => other === step || (attempt > 1 && phaseOf(other) === phaseOf(step)))
  return phase.reduce((sum, other) => sum + minutes[limitOf[other]], 0) * 60_000
}
