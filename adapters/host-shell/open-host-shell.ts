// How the worker reaches a host: core/host.ts Transport.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { HostShell } from '#app/ports/hosts.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host, Transport } from '#core/host.ts'
import { shellQuote } from '#core/shell-quote.ts'
import { ProcessShell } from './process-shell.ts'

const SANDBOX = fileURLToPath(new URL('../../sandbox/bin/sandbox', import.meta.url))

const SSH_OPTIONS = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15', '-o', 'ServerAliveInterval=15']

/** @throws HostUnreachable when the host has no transport */
export function openHostShell({ name, transport }: Pick<Host, 'name' | 'transport'>): HostShell {
  if (transport === undefined)
    throw new ProvisionError(
      'conflict',
      'HostUnreachable',
      `host ${name} has no transport, expected local, sandbox:NAME or ssh:user@address`,
    )
  return shellFor(transport)
}

function shellFor(transport: Transport): HostShell {
  if (transport === 'local') return new ProcessShell((argv) => argv)
  const [kind = '', target = ''] = splitOnce(transport, ':')
  if (kind === 'sandbox') {
    return new ProcessShell(
      (argv) => [SANDBOX, 'enter', target, '--', ...argv],
      () => isSandboxGone(target),
    )
  }
  const { destination, port } = parseSshTarget(target)
  return new ProcessShell(
    (argv) => ['ssh', ...SSH_OPTIONS, ...port, '--', destination, remoteCommand(argv)],
    // ssh itself ends with 255 when it does not get through
    (exit) => exit === 255,
  )
}

/**
 * 255 is what ssh says itself, so a command that ends with it ends with 254 here. The words reach the Bourne shell as they are,
 * whatever the login shell is; the command reads what ssh is given, and one that a signal ended ends with 128 and more.
 */
function remoteCommand(argv: readonly string[]): string {
  const script = '"$@"; code=$?; if test "$code" -eq 255; then exit 254; fi; exit "$code"'
  return ['/bin/sh', '-c', script, 'sh', ...argv].map(shellQuote).join(' ')
}

/** A sandbox host that is gone refuses whatever it is asked. */
async function isSandboxGone(target: string): Promise<boolean> {
  return promisify(execFile)(SANDBOX, ['enter', target, '--', 'true']).then(
    () => false,
    () => true,
  )
}

/** `user@address[:port]`; an address with several colons is IPv6 and has no port. */
function parseSshTarget(target: string): { destination: string; port: string[] } {
  const parts = target.split(':')
  const port = parts.length === 2 ? parts[1] : undefined
  return port === undefined
    ? { destination: target, port: [] }
    : { destination: parts[0] ?? target, port: ['-p', port] }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
