import { Command } from 'commander'
import { vi } from 'vitest'
import { registerStream } from '#cli/commands/stream.ts'

/** `zoneflash stream …` in this process: what it printed, also when it threw. */
export async function runStream(
  ...args: string[]
): Promise<{ stdout: string; stderr: string; error?: unknown }> {
  const printed = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += typeof text === 'string' ? text : Buffer.from(text).toString('latin1')
      return true
    }),
  )
  const program = new Command('zoneflash')
  registerStream(program)
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.exitOverride().configureOutput({ writeErr: () => {} })
  try {
    await program.parseAsync(['stream', ...args], { from: 'user' })
    return printed
  } catch (error) {
    return { ...printed, error }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
