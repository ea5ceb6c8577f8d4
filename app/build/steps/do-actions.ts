// Carries out what core/build/commands says, one after the other, and says of a failure which command it was and what it said.
import { describeCommand, type Action, type SentBytes } from '#core/build/action.ts'
import type { BuildPlan } from '#core/build/plan.ts'
import { inZone, ZONEADM } from '#core/build/commands/tools.ts'
import { ProvisionError } from '#core/errors.ts'
import type { StepContext } from '../step.ts'

export type OpenBytes = (input: SentBytes) => Promise<AsyncIterable<Uint8Array> | string>

type Command = Extract<Action, { do: 'run' }>

/** of a command's output, in the record of a failure */
const LAST_OUTPUT = 4000
const MINUTE_MS = 60_000

/**
 * @throws ScriptFailed, ZoneStopped and TimeLimit for the recipe's scripts, CommandFailed and TimeLimit for the others,
 * HostUnreachable, and what the bytes to be sent fail with. `details` has `command` and `output`.
 */
export async function doActions(
  context: StepContext,
  plan: BuildPlan,
  actions: readonly Action[],
  { open, minuteMs = MINUTE_MS }: { open: OpenBytes; minuteMs?: number | undefined },
): Promise<void> {
  for (const action of actions) {
    context.signal.throwIfAborted()
    if (action.do === 'server') context.say(action.text)
    else await runCommand(context, plan, action, open, minuteMs)
  }
}

async function runCommand(
  { shell, signal }: StepContext,
  plan: BuildPlan,
  action: Command,
  open: OpenBytes,
  minuteMs: number,
): Promise<void> {
  const { argv, input, minutes } = action
  const command = describeCommand(argv)
  let output = ''
  const read = await readInput(input, open)
  try {
    await shell.run(argv, {
      timeoutMs: minutes * minuteMs,
      signal,
      onOutput: (text) => (output = (output + text).slice(-LAST_OUTPUT)),
      ...(read !== undefined && { input: read }),
    })
  } catch (error) {
    if (signal.aborted || !(error instanceof ProvisionError)) throw error
    throw await failureOf(error, { shell, plan, action, command, output: output.trim() })
  }
}

async function readInput(
  input: Command['input'],
  open: OpenBytes,
): Promise<AsyncIterable<Uint8Array> | string | undefined> {
  if (input === undefined) return undefined
  return 'of' in input ? open(input) : input.text
}

interface Failed {
  shell: StepContext['shell']
  plan: BuildPlan
  action: Command
  command: string
  output: string
}

async function failureOf(error: ProvisionError, failed: Failed): Promise<ProvisionError> {
  const { action, command, output } = failed
  const details = { command, output }
  const options = { cause: error, details }
  if (error.code === 'HostUnreachable')
    return new ProvisionError(error.kind, error.code, error.message, options)
  if (error.code === 'CommandStopped') {
    const limit = action.minutes === 1 ? '1 minute' : `${action.minutes} minutes`
    const more = action.script ? `, expected it to, or a higher minutes.${action.script} in the recipe` : ''
    const message = `${action.script ?? command} did not end within ${limit}${more}`
    return new ProvisionError('conflict', 'TimeLimit', message, options)
  }
  // of the bytes that were being sent
  if (error.code !== 'CommandFailed') return error
  const zone = zoneOfScript(failed)
  if (zone === undefined) return new ProvisionError('conflict', 'CommandFailed', error.message, options)
  const state = await stateOf(failed, zone)
  if (state !== 'running') {
    const message = `zone ${zone} is ${state} since ${action.script} ran in it, expected running`
    return new ProvisionError('conflict', 'ZoneStopped', message, options)
  }
  const exit = JSON.stringify(error.details?.['exit'])
  return new ProvisionError(
    'conflict',
    'ScriptFailed',
    `${action.script} in zone ${zone} ended with ${exit}`,
    options,
  )
}

function zoneOfScript({ action, plan }: Failed): string | undefined {
  if (action.script === undefined) return undefined
  return [plan.golden, plan.clone].find(({ name }) => inZone({ name, path: '' }, '')[1] === action.argv[1])
    ?.name
}

async function stateOf({ shell }: Failed, zone: string): Promise<string> {
  const line = await shell.run([ZONEADM, '-z', zone, 'list', '-p'])
  return line.split(':')[2] ?? 'gone'
}
