// The command line: assembles the commands, runs one, and turns what it threw into an exit code and two lines.
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { ProvisionError } from '#core/errors.ts'
import { registerCommands } from './command-modules.ts'
import { renderText } from './output.ts'
import { CliFailure, exitCode, type ExitCode } from './failures.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

async function createProgram(): Promise<Command> {
  const program = new Command('zoneflash')
    .description('a provisioning server for golden-image zones, and its client')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 server unreachable, 130 interrupted\n',
    )
    .version(version, '-V, --version')
    // --version of a command is the command's
    .enablePositionalOptions()
    .exitOverride()
  if (!wantsJson) program.showHelpAfterError('(--help shows the options)')
  program.configureOutput({ outputError: (text, write) => (wantsJson ? undefined : write(text)) })
  await registerCommands(program, process.argv.slice(2))
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
  const program = await createProgram()
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
  // what was interrupted may still be at it
  if (process.exitCode === exitCode.interrupted) process.exit()
}
