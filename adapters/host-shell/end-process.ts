// Ends a command with everything it started.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What a command that was asked to end gets before it is killed. */
const GRACE_MS = 5000

/** SIGTERM to the command's process group, SIGKILL when it lives on. Returns at once. */
export function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM')
  const killing = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  child.once('exit', () => clearTimeout(killing))
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Resolves when the command itself has ended; what it started may still hold its output. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  await once(child, 'exit')
}
