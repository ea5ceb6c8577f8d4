// `zoneflash stream extract`: the tree of a stream as files, whole or not at all.
import path from 'node:path'
import type { Command } from 'commander'
import type { OpenTree } from '#adapters/zfs/open-tree.ts'
import { addCommand } from '../command.ts'
import { printLine, renderBytes, renderName } from '../output.ts'
import { startProgress } from '../progress.ts'
import { checkEmpty, intoDirectory } from './into-directory.ts'
import { interruptible, unlessStopped } from './interrupted.ts'
import { leftOut, tarOf } from './extract-tar.ts'
import { unpackTar } from './unpack-tar.ts'
import { openTree } from './trees.ts'

interface Options {
  json?: boolean
  directory: string
}

export function registerStreamExtract(noun: Command): void {
  addCommand(
    noun,
    'extract',
    'rebuild the tree of a stream in a new or empty directory',
    'zoneflash stream extract full.zfs incremental.zfs -C zoneroot',
    'zfs send pool/zone@snap | zoneflash stream extract - -C zoneroot',
  )
    .argument('<file...>', 'a full stream, then increments on it; - is stdin')
    .requiredOption('-C, --directory <dir>', 'where: it appears when all of it is there')
    .addHelpText(
      'after',
      '\nAs root with owners and devices; else everything is yours, and devices are left out.\n',
    )
    .action(async (files: string[], { directory, json }: Options) => {
      const target = path.resolve(directory)
      await checkEmpty(target)
      await interruptible('nothing is extracted', async (signal) => {
        const open = await unlessStopped(signal, openTree(files))
        try {
          const isRoot = process.getuid?.() === 0
          const notes = leftOut(open.tree, isRoot)
          const bytes = await extract(open, target, { isRoot, signal })
          for (const note of notes) process.stderr.write(`note: ${renderName(note)}\n`)
          const result = { directory: target, names: open.tree.nodes.length, bytes, notes }
          if (json) await printLine(JSON.stringify(result))
          else await printLine(`${directory}: ${result.names} names, ${renderBytes(bytes)} of files`)
        } finally {
          await open.close()
        }
      })
    })
}

/** Returns the bytes of files without their holes. */
async function extract(
  open: OpenTree,
  target: string,
  { isRoot, signal }: { isRoot: boolean; signal: AbortSignal },
): Promise<number> {
  const { tree } = open
  const total = tree.nodes.reduce((sum, node) => sum + (node.hardlinkTo === undefined ? node.size : 0), 0)
  const progress = startProgress('extracting', total)
  try {
    return await intoDirectory(target, signal, async (staging) => {
      let bytes = 0
      const archive = tarOf(open, { isRoot, onBytes: (length) => progress.to((bytes += length)) })
      await unpackTar(archive, staging, { isRoot, signal })
      return bytes
    })
  } finally {
    progress.stop()
  }
}
