import { Command } from 'commander'
import { vi } from 'vitest'

export interface Ran {
  stdout: string
  stderr: string
  error?: unknown
}

/** A command that needs no server, in this process: what it printed, also when it threw. Bytes come as a character each. */
export async function runLocal(register: (program: Command) => void, args: readonly string[]): Promise<Ran> {
  const printed = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += typeof text === 'string' ? text : Buffer.from(text).toString('latin1')
      return true
    }),
  )
  const program = new Command('zoneflash')
  register(program)
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.exitOverride().configureOutput({ writeErr: () => {} })
  try {
    await program.parseAsync(args, { from: 'user' })
    return printed
  } catch (error) {
    return { ...printed, error }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
