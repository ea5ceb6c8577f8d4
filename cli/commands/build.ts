// `zoneflash build …`: golden zones from recipes.
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { BuildState } from '#core/build/build.ts'
import { buildLines, buildTable, planLines, stateOf } from '../build-lines.ts'
import type { Client } from '../client.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { buildRoute, cleanText, followBuild, followLog } from '../follow-build.ts'
import { numberOption, wordOption } from '../option-values.ts'
import { print, printJson, printLine } from '../output.ts'
import { BuildPlanReply, BuildReply } from '../replies/build.ts'

interface Options {
  json?: boolean
}

interface RunOptions extends Options {
  on?: string
  force?: boolean
  children: boolean
  follow?: boolean
  dryRun?: boolean
}

interface ListOptions extends Options {
  template?: string
  host?: string
  state?: string
  limit: string
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

export function registerBuild(program: Command): void {
  const noun = addNoun(program, 'build', 'golden zones from recipes: run, watch, cancel')

  addCommand(
    noun,
    'run',
    'build a template from its recipe, and then what is built from it',
    'zoneflash build run default --follow',
    'zoneflash build run mysql --on builder1 --dry-run',
  )
    .argument('<name>')
    .option('--on <host>', 'the host to build on (default: the recipe’s, or the only one that builds)')
    .option('--force', 'build even when no input changed')
    .option('--no-children', 'leave alone what is built from it')
    .option('-f, --follow', 'stay until it and its children are over; exit code 1 when one fails')
    .option('--dry-run', 'print the steps and commands, build nothing')
    .action(runBuild)

  addCommand(noun, 'list', 'list builds, newest first', 'zoneflash build list --template mysql')
    .option('--template <name>', 'of one template')
    .option('--host <host>', 'on one host')
    .option('--state <state>', 'waiting, running, done, failed, cancelled or skipped')
    .option('--limit <count>', 'so many at most', '20')
    .action(async ({ json, limit, state, ...which }: ListOptions) => {
      const query = {
        ...which,
        ...(state !== undefined && { state: wordOption('--state', state, BuildState.options) }),
        limit: String(numberOption('--limit', limit, 1, 1000)),
      }
      const builds = await openClient().call(z.array(BuildReply), '/api/v1/builds', { query })
      await show(json, builds, (list) => print(buildTable(list)))
    })

  addCommand(
    noun,
    'show',
    'show a build: its steps, their times, why it failed',
    'zoneflash build show BUILD',
  )
    .argument('<build>')
    .action(async (id: string, { json }: Options) => {
      const build = await openClient().call(BuildReply, buildRoute(id))
      await show(json, build, (one) => print(text(buildLines(one))))
    })

  addCommand(noun, 'logs', 'print what a build said', 'zoneflash build logs -f BUILD')
    .argument('<build>')
    .option('-f, --follow', 'stay and print what comes, until the build is over')
    .action(async (id: string, { json, follow }: Options & { follow?: boolean }) => {
      const client = openClient()
      if (follow) return followLog(client, id, json)
      const log = await (await client.open(`${buildRoute(id)}/log`)).text()
      await (json ? printJson({ build: id, log }) : print(cleanText(log)))
    })

  addAct(noun, 'cancel', 'end a build; nothing of it stays', ({ state }) =>
    state === 'cancelled' ? 'is cancelled' : 'is being cancelled: its worker stops what runs',
  )
  addAct(
    noun,
    'keep',
    'keep the zones of a failed build also when the next one succeeds',
    () => 'keeps its zones',
  )
  addAct(
    noun,
    'discard',
    'remove the zones that a failed build has left',
    ({ host }) => `is discarded: a worker removes its zones from ${host}`,
  )
}

function addAct(noun: Command, verb: string, summary: string, said: (build: BuildReply) => string): void {
  addCommand(noun, verb, summary, `zoneflash build ${verb} BUILD`)
    .argument('<build>')
    .action(async (id: string, { json }: Options) => {
      const build = await openClient().call(BuildReply, `${buildRoute(id)}/${verb}`, { method: 'POST' })
      await show(json, build, (one) => printLine(`build ${one.id} of ${one.template} ${said(one)}`))
    })
}

async function runBuild(name: string, options: RunOptions): Promise<void> {
  const { json, on, force, children, follow, dryRun } = options
  const client = openClient()
  const body = {
    template: name,
    ...(on !== undefined && { host: on }),
    force: force ?? false,
    children,
  }
  if (dryRun) {
    const plan = await client.call(BuildPlanReply, '/api/v1/builds/plan', { method: 'POST', body })
    return show(json, plan, (one) => print(text(planLines(one))))
  }
  const asked = await client.call(BuildReply, '/api/v1/builds', { method: 'POST', body })
  if (follow && asked.state !== 'skipped') return followBuild(client, asked, json)
  const build = await untilDecided(client, asked)
  if (build.state === 'skipped')
    return show(json, build, (one) => printLine(`${one.template}: ${one.reason}`))
  await show(json, build, async (one) => {
    await printLine(`build ${one.id} of ${one.template}@${one.version} on ${one.host} is ${stateOf(one)}`)
    await printLine(`  watch it: zoneflash build logs -f ${one.id}`)
  })
}

/** How long a person waits to hear whether there is anything to build. */
const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 500

/**
 * What made media would be made of is known to a worker alone, so whether anything changed is decided in the first step. A
 * build that waits for its turn is not waited for.
 */
async function untilDecided(client: Client, asked: BuildReply): Promise<BuildReply> {
  let build = asked
  if (isUndecided(build)) process.stderr.write(`build ${asked.id}: looking whether anything changed\n`)
  for (const end = performance.now() + PATIENCE_MS; isUndecided(build) && performance.now() < end;) {
    await wait(LOOK_EVERY_MS)
    build = await client.call(BuildReply, buildRoute(asked.id))
  }
  return build
}

function isUndecided({ state, steps, waitingFor }: BuildReply): boolean {
  const isSettled = steps.some(({ name, state: step }) => name === 'media' && step === 'done')
  return state === 'running' ? !isSettled : state === 'waiting' && waitingFor === undefined
}
