// `zoneflash template diff`: what is different between two versions, facts first, then files.
import type { Command } from 'commander'
import { DiffLine } from '#core/diff/line.ts'
import type { TemplateRef } from '#core/names.ts'
import { addCommand, openClient } from '../command.ts'
import { eachLine, eachParsedLine } from '../lines.ts'
import { printDiff, type DiffOptions } from '../print-diff.ts'
import { parseReference, versionRoute } from '../reference.ts'

interface Options extends DiffOptions {
  filesOnly?: boolean
  times?: boolean
}

export function registerTemplateDiff(noun: Command): void {
  addCommand(
    noun,
    'diff',
    'show what is different between two versions',
    'zoneflash template diff mysql@stable mysql@candidate',
    'zoneflash template diff mysql 20261120T110203Z 20261121T030000Z',
    'zoneflash template diff default mysql --summary',
  )
    .argument('<from>', 'NAME[@VERSION], or the name of a template when two versions follow')
    .argument('<to>', 'NAME[@VERSION], or a version of that template')
    .argument('[version]', 'the other version of that template')
    .option('--files-only', 'files alone: no packages, services, accounts, ports')
    .option('--summary', 'only how much it is')
    .option('--times', 'list files that differ in their time alone too')
    .option('--all', 'list every file below an added or removed directory')
    .action(async (first: string, second: string, third: string | undefined, options: Options) => {
      const [from, to] = references(first, second, third)
      const query = {
        with: `${to.template}@${to.selector}`,
        facts: options.filesOnly ? 'false' : undefined,
        times: options.times ? 'true' : undefined,
      }
      const reply = await openClient().open(`${versionRoute(from)}/diff`, { query })
      await printDiff(eachParsedLine(DiffLine, eachLine(reply)), options)
    })
}

function references(first: string, second: string, third: string | undefined): [TemplateRef, TemplateRef] {
  if (third === undefined) return [parseReference(first), parseReference(second)]
  return [parseReference(`${first}@${second}`), parseReference(`${first}@${third}`)]
}
