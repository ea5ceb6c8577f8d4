// `zoneflash rules …`: which install profile a JumpStart client gets.
import type { Command } from 'commander'
import { addCommand, addNoun } from '../command.ts'
import { putFiles, removeFiles, setRules } from '../jumpstart/change-rules.ts'
import { checkRules } from '../jumpstart/check-rules.ts'
import { showFiles, showHistory, showRules } from '../jumpstart/show-rules.ts'
import { testHost } from '../jumpstart/test-host.ts'

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

  addCommand(
    noun,
    'test',
    'show each rule for a host, which term failed and why, and the rule that wins',
    'zoneflash rules test h1',
    'zoneflash rules test h1 --rules profiles/rules --facts h1.yaml',
  )
    .argument('<host>')
    .option('--rules <file>', 'rules of this machine instead of those of the server')
    .option('--dir <directory>', 'where their files are (default: where the rules are)')
    .option('--facts <file>', 'the record of the host as YAML or JSON; with --rules no server is needed')
    .action(testHost)

  addCommand(noun, 'show', 'print the rules that apply', 'zoneflash rules show > rules')
    .option('--revision <number>', 'those of an earlier revision')
    .option('--ok', 'as clients read them: rules.ok with its checksum')
    .action(showRules)

  addChange(
    noun,
    'set',
    'store rules, with the files that they name and that are beside them',
    'zoneflash rules set profiles/rules --why "new disks in h7"',
  )
    .argument('[file]', 'the rules; none or "-": stdin')
    .option('--dir <directory>', 'where the files are that the rules name (default: where the file is)')
    .action(setRules)

  addCommand(noun, 'history', 'list the revisions, the newest first', 'zoneflash rules history')
    .option('--limit <count>', 'how many', '20')
    .action(showHistory)

  addCommand(
    noun,
    'files',
    'list the files of the JumpStart directory, or print one',
    'zoneflash rules files jumpstart/flash',
  )
    .argument('[path]')
    .option('--revision <number>', 'those of an earlier revision')
    .action(showFiles)

  addChange(
    noun,
    'put',
    'store files of the JumpStart directory: install profiles, begin and finish scripts, custom_probes',
    'zoneflash rules put jumpstart/flash --dir profiles',
  )
    .argument('<path...>', 'as rules name them; read below --dir')
    .option('--dir <directory>', 'where the paths begin (default: here)')
    .action(putFiles)

  addChange(
    noun,
    'rm',
    'remove files from the JumpStart directory; earlier revisions keep them',
    'zoneflash rules rm jumpstart/flash',
  )
    .argument('<path...>')
    .action(removeFiles)
}

function addChange(noun: Command, name: string, summary: string, example: string): Command {
  return addCommand(noun, name, summary, example)
    .option('--why <text>', 'kept with the revision')
    .option('--expect <revision>', 'refuse unless this is the latest revision')
    .option(
      '--force',
      'also when files are missing or wrong, or hosts that match today would not be installed',
    )
}
