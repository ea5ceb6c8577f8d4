// A failure as the build's record keeps it: which step, which command, which output.
import type { BuildFailure } from '#core/build/build.ts'
import { maskLog } from '#core/build/mask-log.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import { ProvisionError } from '#core/errors.ts'
import { renderCommand, type FailedCommand } from './logging-shell.ts'

const MAX_MESSAGE = 4000

/** `failed`: the last command that failed. It is named when it is why `error` was thrown, or was itself ended by it. */
export function failureOf(
  step: BuildStepName,
  error: unknown,
  { failed, secrets = [] }: { failed?: FailedCommand | undefined; secrets?: readonly string[] } = {},
): BuildFailure {
  const mask = (text: string): string => maskLog(text, secrets)
  const command = failed && (isBy(error, failed.error) || isBy(failed.error, error)) ? failed : undefined
  const argv = command ? undefined : argvOf(error)
  const output = command?.output.trim() ?? (argv && stderrOf(error)) ?? toldOf(error, 'output') ?? ''
  const told = command || argv ? undefined : toldOf(error, 'command')
  return {
    step,
    code: error instanceof ProvisionError ? error.code : 'Unforeseen',
    message: mask(messageOf(error)).slice(0, MAX_MESSAGE),
    ...(command && { command: mask(command.command) }),
    ...(argv && { command: mask(renderCommand(argv)) }),
    ...(told !== undefined && { command: mask(told) }),
    ...(output !== '' && { output: mask(output) }),
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether `error` is the cause, or wraps it. */
function isBy(error: unknown, cause: unknown): boolean {
  if (error === cause) return true
  return error instanceof Error && error.cause !== undefined && isBy(error.cause, cause)
}

/** The command that a CommandFailed names, of a shell that is not ours. */
function argvOf(error: unknown): [string, ...string[]] | undefined {
  const argv = error instanceof ProvisionError ? error.details?.['argv'] : undefined
  return Array.isArray(argv) && argv.length > 0 ? (argv.map(String) as [string, ...string[]]) : undefined
}

/** What a step says itself: of a script that ran on the worker, of what was found in the packaged bytes. */
function toldOf(error: unknown, key: 'command' | 'output'): string | undefined {
  const told = error instanceof ProvisionError ? error.details?.[key] : undefined
  return typeof told === 'string' ? told : undefined
}

function stderrOf(error: unknown): string | undefined {
  const stderr = error instanceof ProvisionError ? error.details?.['stderr'] : undefined
  return typeof stderr === 'string' ? stderr : undefined
}
