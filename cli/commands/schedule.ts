// `zoneflash schedule …`: what is built when.
import type { Command } from 'commander'
import { z } from 'zod'
import { MissedPolicy } from '#core/schedule/schema.ts'
import type { Client } from '../client.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { CliFailure, usageFailure } from '../failures.ts'
import { numberOption, wordOption } from '../option-values.ts'
import { print, printLine } from '../output.ts'
import { ScheduleReply, ScheduleRunReply } from '../replies/schedule.ts'
import { runLines, scheduleLines } from '../schedule-lines.ts'

interface Options {
  json?: boolean
}

interface SetOptions extends Options {
  cron?: string
  tz?: string
  build?: string[]
  missed?: string
  forceBuild?: boolean
  on?: boolean
  off?: boolean
}

const scheduleRoute = (name: string): string => `/api/v1/schedules/${encodeURIComponent(name)}`
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

export function registerSchedule(program: Command): void {
  const noun = addNoun(program, 'schedule', 'which templates are built when')

  addCommand(
    noun,
    'set',
    'create a schedule, or change one; what is not named stays',
    "zoneflash schedule set nightly --cron '0 3 * * *' --tz Europe/Berlin --build default",
    'zoneflash schedule set nightly --off',
  )
    .argument('<name>')
    .option('--cron <expression>', '"minute hour day month weekday" as node-cron reads it, or @daily')
    .option('--tz <zone>', 'an IANA time zone; UTC when a new schedule names none')
    .option('--build <templates>', 'templates to build, separated by commas; may be given again', collect)
    .option('--missed <policy>', 'slots that passed while no server ran: run-once (one run for all) or skip')
    .option('--force-build', 'build also when nothing changed')
    .option('--no-force-build', 'skip a build when nothing changed')
    .option('--on', 'run at its times')
    .option('--off', 'do not run until it is on again')
    .action(async (name: string, options: SetOptions) => {
      if (options.missed !== undefined) wordOption('--missed', options.missed, MissedPolicy.options)
      const client = openClient()
      const body = fieldsFor(name, options, await find(client, name))
      const schedule = await client.call(ScheduleReply, scheduleRoute(name), { method: 'PUT', body })
      await show(options.json, schedule, (value) => print(text(scheduleLines(value))))
    })

  addCommand(
    noun,
    'list',
    'list all schedules, their next five runs, and what became of the last',
    'zoneflash schedule list',
  ).action(async ({ json }: Options) => {
    const schedules = await openClient().call(z.array(ScheduleReply), '/api/v1/schedules')
    await show(json, schedules, (list) => print(text(list.flatMap(scheduleLines))))
  })

  addCommand(noun, 'show', 'show a schedule and its last runs', 'zoneflash schedule show nightly --runs 50')
    .argument('<name>')
    .option('--runs <count>', 'how many runs', '10')
    .action(async (name: string, { json, runs: limit }: Options & { runs: string }) => {
      const query = { limit: String(numberOption('--runs', limit, 1, 1000)) }
      const client = openClient()
      const schedule = await client.call(ScheduleReply, scheduleRoute(name))
      const route = `${scheduleRoute(name)}/runs`
      const runs = await client.call(z.array(ScheduleRunReply), route, { query })
      await show(json, { ...schedule, runs }, async () => {
        const { last: _, ...rest } = schedule
        await print(
          text([...scheduleLines(rest).slice(0, -1), `  set by ${rest.changedBy} at ${rest.changedAt}`]),
        )
        await print(text(runs.flatMap(runLines).map((line) => `  ${line}`)))
      })
    })

  addCommand(noun, 'rm', 'remove a schedule and its history; builds stay', 'zoneflash schedule rm nightly')
    .argument('<name>')
    .action(async (name: string, { json }: Options) => {
      await openClient().act(scheduleRoute(name), { method: 'DELETE' })
      await show(json, { removed: name }, () => printLine(`schedule ${name} is removed`))
    })

  addCommand(noun, 'run', 'run a schedule now, also one that is off', 'zoneflash schedule run nightly')
    .argument('<name>')
    .action(async (name: string, { json }: Options) => {
      const run = await openClient().call(ScheduleRunReply, `${scheduleRoute(name)}/runs`, { method: 'POST' })
      await show(json, run, ({ builds }) =>
        printLine(
          `builds of ${builds.join(', ')} are asked for within seconds: zoneflash schedule show ${name}`,
        ),
      )
    })
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',').map((name) => name.trim())]
}

async function find(client: Client, name: string): Promise<ScheduleReply | undefined> {
  return client.call(ScheduleReply, scheduleRoute(name)).catch((error: unknown) => {
    if (error instanceof CliFailure && error.code === 'ScheduleNotFound') return undefined
    throw error
  })
}

/** What is stored: what is named here over what was there. @throws CliFailure when a new one lacks something */
function fieldsFor(name: string, options: SetOptions, there: ScheduleReply | undefined): object {
  if (options.on && options.off) throw usageFailure('--on and --off exclude each other')
  const cron = options.cron ?? there?.cron
  const builds = options.build ?? there?.builds
  if (cron === undefined || builds === undefined)
    throw usageFailure(`schedule ${name} is new, expected --cron and --build`)
  return {
    cron,
    builds,
    timeZone: options.tz ?? there?.timeZone ?? 'UTC',
    missed: options.missed ?? there?.missed ?? 'run-once',
    force: options.forceBuild ?? there?.force ?? false,
    enabled: options.off ? false : (options.on ?? there?.enabled ?? true),
  }
}
