import { readFileSync } from 'node:fs'

/**
 * When process `pid` started, in the kernel's clock ticks; undefined when there is no such process or it is a zombie.
 * With the pid it names one process for ever: pids are used again. Without /proc it is `unknown` for a live process.
 */
export function processStart(pid: number): string | undefined {
  try {
    // The command in field 2 may hold blanks and parentheses; the rest follows the last ")".
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return process.platform === 'linux' ? undefined : startWithoutProc(pid)
  }
}

function startWithoutProc(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'unknown'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'unknown' : undefined
  }
}

/** Resolves true once the process has ended, false after `timeoutMs`. For processes that are not our children. */
export async function waitForExit(pid: number, start: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (processStart(pid) === start) {
    if (Date.now() >= deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}
