import { expect, test } from 'vitest'
import { whoBringsSystem } from '#core/plan/who-brings-system.ts'
import type { Plan } from '#core/plan/schema.ts'
import { exampleSystemPlan } from '../example-plan.ts'

const { system } = exampleSystemPlan()
const flar = system && { ...system, format: 'flar' as const }
const kayak: Plan['kayak'] = {
  settings: { disks: ['c1t0d0'], compression: true, reboot: true },
  pool: 'rpool',
  rootPassword: '$5$salt$verysecret',
  timezone: 'UTC',
  nameService: { kind: 'NONE' },
}

test.each([
  ['a plan without a system, for a host that is up', {}, '', 'nobody'],
  ['a stream, for a host that is up', { system }, '', 'script'],
  ['a stream, below /a', { system }, 'install', 'script'],
  ['a stream, at the first boot', { system }, 'first-boot', 'script'],
  ['a flash archive, below /a', { system: flar }, 'install', 'installer'],
  ['a flash archive, at the first boot', { system: flar }, 'first-boot', 'installer'],
  ['a host of kayak, at its first boot', { system, kayak }, 'first-boot', 'installer'],
  ['a host of kayak that is up', { system, kayak }, '', 'script'],
] as const)('%s', (_what, plan, phase, who) => {
  expect(whoBringsSystem(plan, phase)).toBe(who)
})
