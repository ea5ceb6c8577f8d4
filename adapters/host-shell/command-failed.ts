// A command on a host that did not do what it was asked.
import { ProvisionError } from '#core/errors.ts'

export function commandFailed(
  argv: readonly string[],
  exit: number | string,
  stderr: string,
  options: ErrorOptions = {},
): ProvisionError {
  return new ProvisionError(
    'conflict',
    'CommandFailed',
    `${argv.join(' ')} ended with ${exit}: ${lastWords(stderr)}`,
    {
      ...options,
      details: { argv: [...argv], exit, stderr: stderr.slice(-2000) },
    },
  )
}

export function hostUnreachable(
  argv: readonly string[],
  exit: number | string,
  stderr: string,
): ProvisionError {
  return new ProvisionError(
    'unavailable',
    'HostUnreachable',
    `the host went out of reach at ${argv.join(' ')} (${exit}): ${lastWords(stderr)}`,
  )
}

function lastWords(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join('; ').slice(-500)
}
