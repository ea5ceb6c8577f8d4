import { registerStream } from '#cli/commands/stream.ts'
import { runLocal, type Ran } from './run-local.ts'

/** `zoneflash stream …` in this process. */
export function runStream(...args: string[]): Promise<Ran> {
  return runLocal(registerStream, ['stream', ...args])
}
