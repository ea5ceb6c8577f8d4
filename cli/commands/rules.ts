// `zoneflash rules …`: which install profile a JumpStart client gets.
import type { Command } from 'commander'
import { addCommand, addNoun } from '../command.ts'
import { checkRules } from '../jumpstart/check-rules.ts'

export function registerRules(program: Command): void {
  const noun = addNoun(program, 'rules', 'JumpStart rules: which install profile and scripts a host gets')

  addCommand(
    noun,
    'check',
    'check rules and the files they name; needs no server',
    'zoneflash rules check profiles/rules',
    'zoneflash rules check --dir profiles < profiles/rules',
  )
    .argument('[file]', 'the rules; none or "-": stdin')
    .option('--dir <directory>', 'where the files are that the rules name (default: where the file is)')
    .action(checkRules)
}
