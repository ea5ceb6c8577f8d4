// ZFS streams without ZFS: reading one beside sha256sum, writing one beside tar.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { shellQuote } from '#core/shell-quote.ts'
import { megabytes } from './report.ts'
import { sampleTree } from './sample-tree.ts'
import { compare } from './side-by-side.ts'
import { timeCommand } from './timed-command.ts'

const STREAM_BYTES = 800 * 1024 * 1024
const ZONEROOT = { bytes: 400 * 1024 * 1024, entries: 12_000 }

interface Where {
  /** for what is made, removed by the caller */
  folder: string
  rounds: number
  /** real files: much of /usr is what zones are made of */
  tree: string
}

const node = shellQuote(process.execPath)
const script = (name: string) => shellQuote(path.join(import.meta.dirname, name))
const write = (from: string, to: string) =>
  `${node} ${script('../cli/main.ts')} stream write ${from} --zpl 4 --wrap zonepath --force -o ${to}`

export async function measureStreams({ folder, rounds, tree }: Where): Promise<void> {
  const at = (name: string) => shellQuote(path.join(folder, name))
  const stream = path.join(folder, 'zone.zfs')
  await sampleTree(tree, { bytes: STREAM_BYTES }, path.join(folder, 'zone'))
  await timeCommand(write(at('zone'), shellQuote(stream)))
  await timeCommand(`rm -rf ${at('zone')}`)
  for await (const piece of createReadStream(stream)) void piece // no side pays for a cold cache
  const { size } = await stat(stream)
  await compare(
    `reading a ZFS stream of ${megabytes(size)}: ours verifies every record, indexes the tree and hashes each file`,
    [
      { name: 'zoneflash', command: `${node} ${script('index-once.ts')} ${shellQuote(stream)}` },
      { name: 'sha256sum', command: `sha256sum ${shellQuote(stream)}` },
    ],
    rounds,
  )
  await timeCommand(`rm ${shellQuote(stream)}`)
  await sampleTree(tree, ZONEROOT, path.join(folder, 'zoneroot'))
  await compare(
    `writing a ZFS stream of ${ZONEROOT.entries} entries: ours reads the tree twice, the first time to hash it`,
    [
      { name: 'zoneflash', command: write(at('zoneroot'), at('written.zfs')) },
      { name: 'tar c', command: `tar -C ${at('zoneroot')} --sort=name -cf ${at('written.tar')} .` },
      {
        name: 'tar c, sha256sum of each file',
        command: `tar -C ${at('zoneroot')} --sort=name -cf ${at('written.tar')} . && find ${at('zoneroot')} -type f -exec sha256sum {} + >${at('sums')}`,
      },
    ],
    rounds,
  )
}
