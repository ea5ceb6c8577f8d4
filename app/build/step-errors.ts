// What the engine itself has against a step.
import { limitKeys } from '#core/build/limits.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'

export function givenUp(step: BuildStepName, attempts: number): ProvisionError {
  return new ProvisionError(
    'conflict',
    'StepGivenUp',
    `step ${step} was begun ${attempts} times and never ended: its workers died, or its host is away`,
  )
}

export function tooSlow(step: BuildStepName, limitMs: number): ProvisionError {
  const limit = limitMs >= 60_000 ? `${limitMs / 60_000} min` : `${limitMs / 1000} s`
  const keys = limitKeys(step).join(' or ')
  const more = keys === '' ? '' : `, or a higher ${keys} in the recipe`
  return new ProvisionError(
    'conflict',
    'StepTooSlow',
    `step ${step} did not end within ${limit}, expected it to${more}`,
  )
}
