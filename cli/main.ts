// The command line: assembles the commands, runs one, and turns what it threw into an exit code and two lines.
import { Command, CommanderError } from 'commander'
import { ProvisionError } from '#core/errors.ts'
import { registerAudit } from './commands/audit.ts'
import { registerBuild } from './commands/build.ts'
import { registerFlar } from './commands/flar.ts'
import { registerGc } from './commands/gc.ts'
import { registerHost } from './commands/host.ts'
import { registerProcesses } from './commands/processes.ts'
import { registerProfile } from './commands/profile.ts'
import { registerTemplate } from './commands/template.ts'
import { registerRecipe } from './commands/recipe.ts'
import { registerRules } from './commands/rules.ts'
import { registerSchedule } from './commands/schedule.ts'
import { registerStream } from './commands/stream.ts'
import { registerToken } from './commands/token.ts'
import { registerUse } from './commands/use.ts'
import { registerZone } from './commands/zone.ts'
import { renderText } from './output.ts'
import { CliFailure, exitCode, type ExitCode } from './failures.ts'

function createProgram(): Command {
  const program = new Command('zoneflash')
    .description('a provisioning server for golden-image zones, and its client')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 server unreachable, 130 interrupted\n',
    )
    .exitOverride()
  if (!wantsJson) program.showHelpAfterError('(--help shows the options)')
  program.configureOutput({ outputError: (text, write) => (wantsJson ? undefined : write(text)) })
  registerProcesses(program)
  for (const register of [
    registerTemplate,
    registerHost,
    registerBuild,
    registerZone,
    registerProfile,
    registerRecipe,
    registerRules,
    registerSchedule,
    registerGc,
    registerStream,
    registerFlar,
    registerUse,
    registerToken,
    registerAudit,
  ])
    register(program)
  return program
}

/** Failures are told in the form that the results were asked for. */
const wantsJson = process.argv.includes('--json')

function tell({
  code,
  message,
  advice,
}: {
  code: string
  message: string
  advice?: string | undefined
}): void {
  if (wantsJson) process.stderr.write(`${JSON.stringify({ code, message })}\n`)
  else {
    const more = advice === undefined ? '' : `  ${renderText(advice)}\n`
    process.stderr.write(`zoneflash: ${renderText(message)} (${code})\n${more}`)
  }
}

/** Says what went wrong, and what to do next; returns the exit code. */
function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCode.ok
    if (wantsJson) tell({ code: 'Usage', message: error.message.replace(/^error: /, '') })
    return exitCode.usage
  }
  if (error instanceof CliFailure) {
    tell(error)
    return error.exit
  }
  if (error instanceof ProvisionError) {
    tell(error)
    return exitCode.refused
  }
  tell({
    code: 'Unforeseen',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  return exitCode.refused
}

// a reader such as head that has seen enough is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.ok)
  const code = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'NoSpace' : 'CannotWrite'
  tell({ code, message: `stdout cannot be written: ${error.message}` })
  process.exit(exitCode.refused)
})

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
  // what was interrupted may still be at it
  if (process.exitCode === exitCode.interrupted) process.exit()
}
