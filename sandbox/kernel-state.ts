// Which zones of a sandbox host are up: NAME.state in /var/run/zones names the process whose life is the zone's.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** States that only the kernel knows (zones.md 1.1). */
export const KernelState = z.object({
  /** the zone's id, as `zoneadm list` prints it */
  id: z.int().positive(),
  /** as seen from the host: the zone's first process */
  pid: z.int().positive(),
  /** of that process, in clock ticks since the machine's start (proc(5) stat, field 22) */
  startTime: z.string(),
  state: z.enum(['ready', 'running', 'shutting_down', 'down', 'mounted']),
})
export type KernelState = z.infer<typeof KernelState>

/** The state in a file's text, undefined when it is no such state (a crash left it empty, say). */
export function parseKernelState(text: string): KernelState | undefined {
  try {
    return KernelState.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** When a process started, undefined when it is gone or only its exit status is left. */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the command name in parentheses may itself hold blanks and parentheses
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : rest[18]
  } catch {
    return undefined
  }
}
