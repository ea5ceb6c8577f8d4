/** A command on a host that did not do what it was asked. */
import { ProvisionError } from '#core/errors.ts'

/** ssh itself ends with 255 when it does not get through; everything else is the command's own verdict. */
const SSH_FAILED = 255

export function commandFailed(
  argv: readonly string[],
  exit: number | string,
  stderr: string,
  options: ErrorOptions & { overSsh: boolean },
): ProvisionError {
  const said = stderr.trim().split('\n').slice(-3).join('; ').slice(-500)
  if (options.overSsh && exit === SSH_FAILED)
    return new ProvisionError('unavailable', 'HostUnreachable', `ssh ended with 255: ${said}`, options)
  return new ProvisionError('conflict', 'CommandFailed', `${argv.join(' ')} ended with ${exit}: ${said}`, {
    ...options,
    details: { argv: [...argv], exit, stderr: stderr.slice(-2000) },
  })
}
