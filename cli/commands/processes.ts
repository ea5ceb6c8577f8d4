// `zoneflash up`, `serve`, `work`, `config` and `doctor`: the product's own processes, started from the environment.
import type { Command } from 'commander'
import { maskConfig, parseConfig } from '#core/config.ts'
import { addCommand, show } from '../command.ts'
import { refused } from '../failures.ts'
import { print, printJson } from '../output.ts'

// Their modules are loaded when they are asked for: the client's commands need no database driver.
export function registerProcesses(program: Command): void {
  addCommand(
    program,
    'up',
    'run everything on this machine: database, server and worker',
    'zoneflash up',
  ).action(async () => (await import('./up.ts')).up(parseConfig(process.env)))

  addCommand(program, 'serve', 'run the server alone', 'DATABASE_URL=postgres://… zoneflash serve').action(
    async () => (await import('./serve.ts')).serve(parseConfig(process.env)),
  )

  addCommand(program, 'work', 'run one more worker', 'DATABASE_URL=postgres://… zoneflash work').action(
    async () => (await import('./work.ts')).work(parseConfig(process.env)),
  )

  addCommand(
    program,
    'config',
    'print what the environment says, with secrets masked',
    'ZONEFLASH_DATA=/srv zoneflash config',
  ).action(() => printJson(maskConfig(parseConfig(process.env))))

  addCommand(program, 'doctor', 'look for what the product needs on this machine', 'zoneflash doctor').action(
    async ({ json }: { json?: boolean }) => {
      const { doctor, renderChecks } = await import('./doctor.ts')
      const checks = await doctor(parseConfig(process.env))
      await show(json, checks, (list) => print(renderChecks(list)))
      const wrong = checks.filter(({ state }) => state === 'wrong').length
      if (wrong > 0) throw refused('Unfit', `${wrong} of ${checks.length} checks failed`)
    },
  )
}
