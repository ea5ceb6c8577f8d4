import { expect, test } from 'vitest'
import { limitKeys, stepLimitMs } from '#core/build/limits.ts'
import { buildSteps } from '#core/build/steps.ts'
import { RecipeFields } from '#core/recipe/schema.ts'

const MINUTE = 60_000
const minutesWith = (minutes: Record<string, number>) =>
  RecipeFields.parse({ summary: 'x', brand: 'lx', osFamily: 'linux', minutes }).minutes

test('a step has longer than the command in it that the recipe limits', () => {
  const minutes = minutesWith({})
  // `wait` gives its own command a minute to say why the zone is not up
  expect(stepLimitMs(minutes, 'wait', 1)).toBeGreaterThan((minutes.boot + 1) * MINUTE)
  expect(stepLimitMs(minutes, 'customize', 1)).toBeGreaterThan(minutes.customize * MINUTE)
})

test('a zone that boots fast has its time to shut down', () => {
  const minutes = minutesWith({ boot: 1 })
  for (const step of ['halt', 'scrub', 'detach'] as const) {
    expect(stepLimitMs(minutes, step, 1)).toBeGreaterThanOrEqual(15 * MINUTE)
    expect(limitKeys(step)).toEqual([])
  }
})

test('what installs what was packaged has the time of both', () => {
  expect(limitKeys('prove-install')).toEqual(['minutes.install', 'minutes.package'])
  const minutes = minutesWith({ install: 10, package: 100 })
  expect(stepLimitMs(minutes, 'prove-install', 1)).toBeGreaterThanOrEqual(110 * MINUTE)
})

test('a later attempt has the time of all steps of its phase', () => {
  const minutes = minutesWith({})
  const steps = buildSteps.slice(buildSteps.indexOf('create'), buildSteps.indexOf('customize') + 1)
  const sum = steps.reduce((all, step) => all + stepLimitMs(minutes, step, 1), 0)
  expect(stepLimitMs(minutes, 'customize', 2)).toBe(sum)
})
