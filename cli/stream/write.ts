// `zoneflash stream write`: a full stream of a directory, an archive or another stream, without ZFS.
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { Option } from 'commander'
import { peek } from '#adapters/archive/peek.ts'
import { openStreamTree } from '#adapters/zfs/open-tree.ts'
import { ArchiveSource } from '#adapters/zfs/sources/archive.ts'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { StreamTreeSource } from '#adapters/zfs/sources/stream.ts'
import { describeUnknown, sniffFormat } from '#core/archive/sniff.ts'
import { quoted } from '#core/quoted.ts'
import type { DeviceReader } from '#core/zfs/write/attributes.ts'
import { poolNeeded } from '#core/zfs/receivers.ts'
import { isSnapshotName, MAX_SNAPSHOT_NAME } from '#core/zfs/write/snapshot-name.ts'
import type { TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeFullStream, type PlannedStream } from '#core/zfs/write/write-full-stream.ts'
import { addCommand } from '../command.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead, shownFile } from '../file-failures.ts'
import { print, renderBytes } from '../output.ts'
import { startProgress } from '../progress.ts'
import { openAny } from './files.ts'
import { intoFile } from './into-file.ts'
import { interruptible, unlessStopped, untilStopped } from './interrupted.ts'
import { checkHoles } from './trees.ts'
import { renderPool } from './verified.ts'

interface Options {
  json?: boolean
  zpl: '4' | '5'
  devices?: DeviceReader
  wrap?: 'zonepath'
  snapshot: string
  output?: string
  force?: boolean
}

interface Running {
  /** the source as it was named */
  from: string
  signal: AbortSignal
}

interface OpenedSource {
  tree: TreeSource
  /** what the stream will not have, in words */
  lost: readonly string[]
  close(): Promise<void>
}

export function registerStreamWrite(noun: Command): void {
  addCommand(
    noun,
    'write',
    'write a directory, an archive or another stream as a full stream',
    'zoneflash stream write zoneroot -o template.zfs',
    'tar -C zoneroot -cf - . | zoneflash stream write - > template.zfs',
    'zoneflash stream write modern.zfs | ssh oldhost zfs receive pool/zone',
  )
    .argument('<source>', 'a directory, a tar or cpio, a stream (compressed or not), or - for stdin')
    .addOption(
      new Option('--zpl <version>', '4, which every receiver takes, or 5 for pools of version 24 and later')
        .choices(['4', '5'])
        .default('4'),
    )
    .addOption(
      new Option(
        '--wrap <layout>',
        'the source is a zone’s root: put it as root into a directory of its own',
      ).choices(['zonepath']),
    )
    .addOption(
      new Option(
        '--devices <reader>',
        'who will read device numbers: solaris (with illumos and FreeBSD; the default), linux or zfs-fuse',
      ).choices(['solaris', 'linux', 'zfs-fuse']),
    )
    .option('--snapshot <name>', 'name of the snapshot', 'zoneflash')
    .option('-o, --output <file>', 'where to put it (default: stdout)')
    .option('--force', 'replace a file that is there already')
    .action(async (from: string, options: Options) => {
      if (options.output === undefined && process.stdout.isTTY) {
        throw usageFailure('a stream is not for a terminal, expected > FILE, a pipe or -o FILE')
      }
      if (!isSnapshotName(options.snapshot)) {
        throw usageFailure(
          `the snapshot ${quoted(options.snapshot)} is no name that pools take, expected letters, digits and - _ . : (1 to ${MAX_SNAPSHOT_NAME})`,
        )
      }
      const left = options.output === undefined ? 'what is written is no whole stream' : 'nothing is written'
      await interruptible(left, async (signal) => {
        const source = await unlessStopped(signal, openTreeSource(from))
        try {
          for (const lost of source.lost) process.stderr.write(`note: ${lost}\n`)
          await write(source.tree, { ...options, from, signal })
        } finally {
          await source.close()
        }
      })
    })
}

async function openTreeSource(from: string): Promise<OpenedSource> {
  const found = from === '-' ? undefined : await stat(from).catch(cannotRead(from))
  if (found?.isDirectory())
    return { tree: new DirectorySource(from), lost: [], close: () => Promise.resolve() }
  const source = await openAny(from)
  try {
    const { head } = await peek(source.read())
    const format = sniffFormat(head)
    if (format === undefined) {
      const what = `${shownFile(from)} is ${describeUnknown(head)}`
      throw refused(
        'UnknownFormat',
        `${what}, expected a directory, a tar, a cpio, a flash archive or a zfs stream`,
      )
    }
    if (format !== 'zfs')
      return { tree: new ArchiveSource(() => source.read()), lost: [], close: () => source.close() }
    const tree = await openStreamTree([source])
    checkHoles(tree)
    const written = new StreamTreeSource(tree)
    return { tree: written, lost: written.lost, close: () => tree.close() }
  } catch (error) {
    await source.close()
    throw error
  }
}

async function write(
  source: TreeSource,
  { zpl, wrap, devices, snapshot, output, force, json, from, signal }: Options & Running,
): Promise<void> {
  const zplVersion = zpl === '4' ? 4 : 5
  let planned: PlannedStream | undefined
  const stream = writeFullStream(source, {
    zpl: zplVersion,
    snapshot,
    ...(wrap && { wrap }),
    ...(devices && { devices }),
    onPlanned: (plan) => (planned = plan),
  })
  const progress = startProgress('writing', 0)
  let bytes = 0
  const counted = async (write: (chunk: Uint8Array) => Promise<unknown>) => {
    for await (const chunk of readFrom(from, untilStopped(signal, stream))) {
      await write(chunk)
      progress.to((bytes += chunk.byteLength))
    }
  }
  try {
    await (output === undefined ? counted(print) : intoFile(output, force ?? false, counted))
  } finally {
    progress.stop()
  }
  if (planned === undefined) return
  const { toGuid, objects, skippedSockets } = planned
  const pool = poolNeeded({ zplVersion, features: [] })
  const facts = { bytes, objects, guid: toGuid, skippedSockets, zplVersion, pool }
  if (skippedSockets > 0) process.stderr.write(`note: sockets: ${skippedSockets}, left out\n`)
  process.stderr.write(
    json
      ? `${JSON.stringify(facts)}\n`
      : `${renderBytes(bytes)}, ${objects} objects, guid ${toGuid}; ZPL ${zpl}, for ${renderPool(pool)}\n`,
  )
}

async function* readFrom<T>(from: string, chunks: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* chunks
  } catch (error) {
    cannotRead(from)(error)
  }
}
