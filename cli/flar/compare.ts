// `zoneflash flar compare`: whether a differential archive may be installed on a tree, and what it would delete there.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readLocalTree, walkTree } from '#adapters/flar/local-tree.ts'
import { checkManifest } from '#core/flar/check-manifest.ts'
import { FlarFilters, parsePathLines } from '#core/flar/filters.ts'
import { parseManifest } from '#core/flar/manifest.ts'
import { addCommand } from '../command.ts'
import { refused } from '../failures.ts'
import { cannotRead, shownFile } from '../file-failures.ts'
import { printLine, renderName } from '../output.ts'
import { openArchiveArgument, warn } from './open.ts'

interface Options {
  json?: boolean
  forced?: boolean
  excludeList?: string
}

export function registerFlarCompare(noun: Command): void {
  addCommand(
    noun,
    'compare',
    'hold the manifest of a differential archive against a directory',
    'zoneflash flar compare patch.flar /mnt/clone',
    'zoneflash flar compare patch.flar /mnt/clone --forced',
  )
    .argument('<archive>', 'a differential flash archive; - is stdin')
    .argument('<directory>', 'the root of the tree that it is for; nothing of it is changed')
    .option('--forced', 'as forced_deployment does: delete what is new and what changed')
    .option('-X, --exclude-list <file>', 'paths that nobody compares, as /usr/lib/flash/flash_exclusion_list')
    .addHelpText(
      'after',
      '\nPrints what stands in the way (!) and what would be deleted (-). Exit code 1 when it may not be installed.\n',
    )
    .action(compare)
}

async function compare(file: string, directory: string, options: Options): Promise<void> {
  const { preamble, stored } = await openArchiveArgument(file)
  await stored.return(undefined)
  warn(preamble.problems)
  const section = preamble.sections.find(({ name }) => name === 'manifest')
  if (!section) {
    throw refused('NoManifest', `${shownFile(file)} has no manifest, expected a differential archive`, {
      advice: 'an archive of type FULL replaces the whole tree',
    })
  }
  const excluded = options.excludeList === undefined ? [] : await pathsOf(options.excludeList)
  const tree = await readLocalTree(directory, walkTree(directory, new FlarFilters([]))).catch(
    cannotRead(directory),
  )
  const found = checkManifest(parseManifest(section.content), tree, {
    force: options.forced ?? false,
    excluded,
  })
  if (options.json) await printLine(JSON.stringify(found))
  else {
    for (const { path, why } of found.conflicts) await printLine(`! ${renderName(path)}: ${renderName(why)}`)
    for (const path of found.deletions) await printLine(`- ${renderName(path)}`)
  }
  if (!found.isRefused) return
  throw refused(
    'TreeDiffers',
    `${directory} differs from the old image in ${found.conflicts.length} of its files`,
    {
      advice: options.forced
        ? 'forced_deployment deletes what is new; what must be there as it was is missing or changed'
        : 'forced_deployment in the install profile, here --forced, deletes what is new',
    },
  )
}

async function pathsOf(file: string): Promise<string[]> {
  return parsePathLines(await readFile(file, 'utf8').catch(cannotRead(file)))
}
