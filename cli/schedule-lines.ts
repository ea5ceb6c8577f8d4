// How schedules and their runs are told to people.
import { renderName } from './output.ts'
import type { ScheduleReply, ScheduleRunReply } from './replies/schedule.ts'

/** A schedule in a few lines: what, when next, and what became of the last run. */
export function scheduleLines(schedule: ScheduleReply): string[] {
  const { name, cron, timeZone, builds, missed, force, enabled, next, last } = schedule
  return [
    `${name}: ${cron} ${timeZone}, builds ${builds.join(', ')}${force ? ' also when nothing changed' : ''}${enabled ? '' : ', off'}`,
    `  missed slots: ${missed === 'skip' ? 'skipped' : 'one run for all of them'}`,
    ...(enabled ? next.map(({ local }, index) => `  ${index === 0 ? 'next: ' : '      '}${local}`) : []),
    ...(last
      ? runLines(last).map((line, index) => `  ${index === 0 ? 'last: ' : '  '}${line}`)
      : ['  last: none yet']),
  ]
}

/** A run in one line, and one for each of its builds. */
export function runLines(run: ScheduleRunReply): string[] {
  const missed = run.missed > 0 ? `, after ${run.missed}${run.missed === 1000 ? ' or more' : ''} missed` : ''
  const by = run.why === 'person' ? `, by ${renderName(run.actor)}` : ''
  return [
    `${run.slot} ${stateOf(run)}${missed}${by}`,
    ...run.outcomes.map(
      ({ template, outcome, build, state, version, message }) =>
        `  ${template}${version === undefined ? '' : `@${version}`}: ${state ?? outcome}` +
        `${build === undefined ? '' : `, build ${build}`}, ${renderName(message)}`,
    ),
  ]
}

function stateOf({ state, outcomes, builds }: ScheduleRunReply): string {
  if (state === 'missed') return 'missed and skipped'
  if (state === 'waiting') return `waiting, ${outcomes.length} of ${builds.length} builds asked for`
  const refused = outcomes.filter(({ outcome }) => outcome === 'refused').length
  if (refused === 0) return 'done'
  return refused === outcomes.length ? 'refused' : `done but ${refused} of ${outcomes.length} builds refused`
}
