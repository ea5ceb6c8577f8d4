// How long a step may take, of what the recipe says in `minutes`.
import type { Recipe } from '../recipe/schema.ts'
import { buildSteps, phaseOf, type BuildStepName } from './steps.ts'

type Minutes = Recipe['minutes']

/** Keys of `minutes`, or minutes that no recipe changes: an orderly shutdown is not cut short because a zone boots fast. */
const limitOf: Record<BuildStepName, readonly (keyof Minutes)[] | number> = {
  media: ['media'],
  create: ['install', 'package'],
  install: ['install'],
  boot: ['boot'],
  wait: ['boot'],
  customize: ['customize'],
  smoke: ['smoke'],
  halt: 15,
  scrub: 30,
  detach: 15,
  package: ['package'],
  hygiene: ['package'],
  'prove-install': ['install', 'package'],
  'prove-boot': ['boot'],
  'prove-smoke': ['smoke'],
  publish: ['package'],
}

/** What a step has beyond that: the limit of a command in it comes first, and says which command it was. */
const MARGIN = 3

/** A later attempt may have to do its whole phase again, so it gets the time of all steps up to this one. */
export function stepLimitMs(minutes: Minutes, step: BuildStepName, attempt: number): number {
  const phase = buildSteps
    .slice(0, buildSteps.indexOf(step) + 1)
    .filter((other) => other === step || (attempt > 1 && phaseOf(other) === phaseOf(step)))
  return phase.reduce((sum, other) => sum + minutesOf(minutes, other) + MARGIN, 0) * 60_000
}

/** What a recipe raises to give the step more time; nothing where it cannot. */
export function limitKeys(step: BuildStepName): string[] {
  const limit = limitOf[step]
  return typeof limit === 'number' ? [] : limit.map((key) => `minutes.${key}`)
}

function minutesOf(minutes: Minutes, step: BuildStepName): number {
  const limit = limitOf[step]
  return typeof limit === 'number' ? limit : limit.reduce((sum, key) => sum + minutes[key], 0)
}
