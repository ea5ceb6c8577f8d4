// `zoneflash template diff`: what is different between two versions, facts first, then files.
import type { Command } from 'commander'
import { DiffLine } from '#core/diff/line.ts'
import type { TemplateRef } from '#core/names.ts'
import { addCommand, openClient } from '../command.ts'
import { renderDiff, renderTotals, sectionHeading, type RenderedLine } from '../diff-lines.ts'
import { refused } from '../failures.ts'
import { eachLine, eachParsedLine } from '../lines.ts'
import { print, printLine } from '../output.ts'
import { parseReference, versionRoute } from '../reference.ts'

interface Options {
  json?: boolean
  filesOnly?: boolean
  summary?: boolean
  times?: boolean
  all?: boolean
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
      await printLines(eachLine(reply), options)
    })
}

function references(first: string, second: string, third: string | undefined): [TemplateRef, TemplateRef] {
  if (third === undefined) return [parseReference(first), parseReference(second)]
  return [parseReference(`${first}@${second}`), parseReference(`${first}@${third}`)]
}

/** A comparison ends with its totals: without them the server broke off. @throws CliFailure */
async function printLines(lines: AsyncIterable<string>, options: Options): Promise<void> {
  let isWhole = false
  let section: string | undefined
  const show = async ({ heading, text }: RenderedLine) => {
    if (heading !== undefined && heading !== section) await print(sectionHeading((section = heading)))
    await print(text)
  }
  for await (const line of renderDiff(eachParsedLine(DiffLine, lines), { all: options.all ?? false })) {
    isWhole ||= line.of.kind === 'total'
    if (options.summary && line.heading !== undefined) continue
    if (options.json) await (line.json === undefined ? undefined : printLine(line.json))
    else if (line.of.kind === 'total') await print(renderTotals(line.of))
    else await show(line)
  }
  if (!isWhole)
    throw refused('DiffIncomplete', 'the comparison broke off before its end', {
      advice: 'try again; the server’s log says why it ended',
    })
}
