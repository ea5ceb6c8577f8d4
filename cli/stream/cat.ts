// `zoneflash stream cat`: the contents of one file of a stream.
import type { Command } from 'commander'
import { decodeName } from '#core/archive/member.ts'
import { addCommand } from '../command.ts'
import { CliFailure, refused, usageFailure } from '../failures.ts'
import { print, renderName } from '../output.ts'
import { nodeAt, openTree } from './trees.ts'

export function registerStreamCat(noun: Command): void {
  addCommand(
    noun,
    'cat',
    'write one file of a stream to stdout',
    'zoneflash stream cat full.zfs etc/passwd',
    'zoneflash stream cat full.zfs incremental.zfs etc/passwd',
  )
    .argument('<file...>', 'a full stream, increments on it, and last the path')
    .action(async (words: string[]) => {
      const [path, files] = [words.at(-1), words.slice(0, -1)]
      if (path === undefined || files.length === 0) throw usageFailure('expected a stream and a path in it')
      const open = await openTree(files).catch(sayOrder)
      try {
        const node = nodeAt(open.tree, path)
        if (node.type !== 'file') {
          const where = node.target ? ` to ${renderName(decodeName(node.target))}` : ''
          throw refused('NoFile', `${path} is a ${node.type}${where}, expected a file`)
        }
        for await (const bytes of open.contents(node)) await print(bytes)
      } finally {
        await open.close()
      }
    })
}

/** A path where a stream is expected is the wrong way round, or a second one. */
function sayOrder(error: unknown): never {
  if (!(error instanceof CliFailure) || !['CannotRead', 'UnknownFormat'].includes(error.code)) throw error
  throw refused(error.code, `${error.message}; streams come first, one path in them comes last`, {
    cause: error,
  })
}
