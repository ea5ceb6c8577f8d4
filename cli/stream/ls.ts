// `zoneflash stream ls`: the names in a stream, as ls -l and tar -tv show them.
import type { Command } from 'commander'
import { decodeName } from '#core/archive/member.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import { addCommand } from '../command.ts'
import { printLine, renderMode, renderName, renderTime } from '../output.ts'
import { openSources } from './files.ts'
import { loadTree, nodesBelow, openHashed } from './trees.ts'

interface Options {
  json?: boolean
  long?: boolean
  digests?: boolean
  path?: string
}

export function registerStreamLs(noun: Command): void {
  addCommand(
    noun,
    'ls',
    'list what is in a stream; increments are applied to the stream before them',
    'zoneflash stream ls -l full.zfs',
    'zoneflash stream ls -l full.zfs incremental.zfs --path etc',
  )
    .argument('<file...>', 'a full stream, then increments on it; - is stdin')
    .option('-l, --long', 'type and mode, links, owner, size or device, time')
    .option('--path <path>', 'this path and what is below it')
    .option('--digests', 'with the sha256 of each file')
    .action(async (files: string[], options: Options) => {
      if (!options.digests) {
        const tree = await loadTree(files)
        for (const node of nodesBelow(tree, options.path)) await show(node, undefined, options)
        return
      }
      const { open, digestOf } = await openHashed(await openSources(files))
      try {
        for (const node of nodesBelow(open.tree, options.path))
          await show(node, await digestOf(node), options)
      } finally {
        await open.close()
      }
    })
}

async function show(node: TreeNode, sha256: string | undefined, options: Options): Promise<void> {
  if (options.json) return printLine(JSON.stringify({ ...describe(node), ...(sha256 && { sha256 }) }))
  const digest = options.digests ? `${(sha256 ?? '-').padEnd(64)}  ` : ''
  return printLine(digest + render(node, options))
}

/** A node as JSON has it: the names of `template files --json` where it has them, and what an index does not keep. */
function describe({
  name: _name,
  target,
  generation: _generation,
  ...node
}: TreeNode): Record<string, unknown> {
  return { ...node, ...(target && { link: decodeName(target) }) }
}

function render(node: TreeNode, { long }: Options): string {
  if (!long) return renderName(node.path)
  const { links, uid, gid, size, device, rawDevice, mtime, path, target, hardlinkTo } = node
  const columns = [
    renderMode(node),
    String(links).padStart(3),
    `${uid}/${gid}`.padEnd(9),
    (device ?? rawDevice ?? String(target?.byteLength ?? size)).padStart(10),
    renderTime(mtime),
    renderName(path),
  ]
  if (target) columns.push('->', renderName(decodeName(target)))
  if (hardlinkTo !== undefined) columns.push('link to', renderName(hardlinkTo))
  return columns.join(' ')
}
