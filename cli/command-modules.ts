// Which module brings which commands, in the order of the help.
import type { Command } from 'commander'

interface CommandModule {
  names: readonly string[]
  load: () => Promise<(program: Command) => void>
}

const modules: readonly CommandModule[] = [
  {
    names: ['up', 'serve', 'work', 'config', 'doctor'],
    load: async () => (await import('./commands/processes.ts')).registerProcesses,
  },
  { names: ['template'], load: async () => (await import('./commands/template.ts')).registerTemplate },
  { names: ['host'], load: async () => (await import('./commands/host.ts')).registerHost },
  { names: ['build'], load: async () => (await import('./commands/build.ts')).registerBuild },
  { names: ['zone'], load: async () => (await import('./commands/zone.ts')).registerZone },
  { names: ['profile'], load: async () => (await import('./commands/profile.ts')).registerProfile },
  { names: ['recipe'], load: async () => (await import('./commands/recipe.ts')).registerRecipe },
  { names: ['rules'], load: async () => (await import('./commands/rules.ts')).registerRules },
  { names: ['schedule'], load: async () => (await import('./commands/schedule.ts')).registerSchedule },
  { names: ['gc'], load: async () => (await import('./commands/gc.ts')).registerGc },
  { names: ['stream'], load: async () => (await import('./commands/stream.ts')).registerStream },
  { names: ['flar'], load: async () => (await import('./commands/flar.ts')).registerFlar },
  { names: ['use'], load: async () => (await import('./commands/use.ts')).registerUse },
  { names: ['token'], load: async () => (await import('./commands/token.ts')).registerToken },
  { names: ['audit'], load: async () => (await import('./commands/audit.ts')).registerAudit },
]

/**
 * Registers what the words of a command line call for: the commands of one module when the first word is theirs, else all, for help and for
 * words that are none. To load all takes longer than most commands do.
 */
export async function registerCommands(program: Command, words: readonly string[]): Promise<void> {
  const [first = ''] = words
  const asked = modules.filter(({ names }) => names.includes(first))
  const registrations = await Promise.all((asked.length > 0 ? asked : modules).map(({ load }) => load()))
  for (const register of registrations) register(program)
}
