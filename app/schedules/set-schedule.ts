// Schedules as people change them.
import { randomUUID } from 'node:crypto'
import { ProvisionError } from '#core/errors.ts'
import type { Schedule, ScheduleFields, ScheduleRun } from '#core/schedule/schema.ts'
import { nextSlots } from '#core/schedule/slots.ts'
import type { AuditLog } from '../ports/access.ts'
import type { Clock } from '../ports/queue.ts'
import type { RecipeShelf } from '../ports/recipes.ts'
import type { CronReader, NewRun, ScheduleStore } from '../ports/schedules.ts'

interface Needs {
  schedules: ScheduleStore
  recipes: Pick<RecipeShelf, 'list'>
  readCron: CronReader
  audit: AuditLog
  clock: Clock
}

/**
 * Creates or replaces a schedule. Slots count from now when it is new, has other times, or was off. What it built before may
 * have lost its recipe since: that keeps nobody from turning it off.
 * @throws InvalidCron, NeverDue, RecipeNotFound
 */
export async function setSchedule(
  { name, actor, ...fields }: ScheduleFields & { name: string; actor: string },
  { schedules, recipes, readCron, audit, clock }: Needs,
): Promise<Schedule> {
  const now = clock.now()
  const [first] = nextSlots(readCron(fields.cron), fields.timeZone, now.getTime(), 1)
  if (first === undefined) {
    throw new ProvisionError(
      'invalid',
      'NeverDue',
      `cron is ${JSON.stringify(fields.cron)}, expected a time that comes within eight years`,
    )
  }
  const there = await schedules.find(name)
  const added = fields.builds.filter((template) => there?.builds.includes(template) !== true)
  if (added.length > 0) refuseUnknown(added, await recipes.list())
  const isSame = there?.enabled === true && there.cron === fields.cron && there.timeZone === fields.timeZone
  const schedule: Schedule = {
    ...fields,
    name,
    cursor: isSame ? there.cursor : now.toISOString(),
    changedBy: actor,
    changedAt: now.toISOString(),
  }
  await schedules.set(schedule)
  await audit.write({ actor, action: 'schedule.set', subject: name, details: { ...fields } })
  return schedule
}

/** @throws ScheduleNotFound */
export async function removeSchedule(
  { name, actor }: { name: string; actor: string },
  { schedules, audit }: Pick<Needs, 'schedules' | 'audit'>,
): Promise<void> {
  await schedules.remove(name)
  await audit.write({ actor, action: 'schedule.rm', subject: name })
}

/** Runs a schedule now, also one that is off; a server takes the run up at its next tick. @throws ScheduleNotFound */
export async function runNow(
  { name, actor }: { name: string; actor: string },
  { schedules, audit, clock }: Pick<Needs, 'schedules' | 'audit' | 'clock'>,
): Promise<ScheduleRun> {
  const { builds, force } = await schedules.get(name)
  const now = clock.now().toISOString()
  const run: NewRun = {
    id: randomUUID(),
    schedule: name,
    slot: now,
    why: 'person',
    state: 'waiting',
    missed: 0,
    builds,
    force,
    actor,
    createdAt: now,
  }
  await schedules.addRun(run)
  await audit.write({ actor, action: 'schedule.run', subject: name })
  return { ...run, outcomes: [] }
}

function refuseUnknown(templates: readonly string[], known: readonly string[]): void {
  const unknown = templates.find((template) => !known.includes(template))
  if (unknown === undefined) return
  throw new ProvisionError(
    'missing',
    'RecipeNotFound',
    `no recipe builds ${JSON.stringify(unknown)}, expected ${known.length === 0 ? 'a recipe, and there is none' : `one of ${known.join(', ')}`}`,
  )
}
