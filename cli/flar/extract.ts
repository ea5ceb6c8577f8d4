// `zoneflash flar extract`: the files of a flash archive in a new directory, whole or not at all.
import { chmod } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { SafeTar } from '#adapters/flar/unpack.ts'
import type { ReadFlar } from '#adapters/archive/read-flar.ts'
import { addCommand } from '../command.ts'
import { printLine, renderBytes } from '../output.ts'
import { checkEmpty, intoDirectory } from '../stream/into-directory.ts'
import { untilStopped } from '../stream/interrupted.ts'
import { unpackTar } from '../stream/unpack-tar.ts'
import { readMembers, whileReading } from './open.ts'

interface Options {
  json?: boolean
  directory: string
}

/** More files and longer names than any archive seen. */
const LIMITS = { maxEntries: 10_000_000, maxNameBytes: 4095 }

interface Extracted {
  names: number
  /** bytes of files */
  bytes: number
  notes: string[]
}

export function registerFlarExtract(noun: Command): void {
  addCommand(
    noun,
    'extract',
    'unpack the files of a flash archive into a new or empty directory',
    'zoneflash flar extract web.flar -C zoneroot',
    'curl -s http://server/flash/web/stable.flar | zoneflash flar extract - -C zoneroot',
  )
    .argument('<archive>', 'a flash archive; - is stdin')
    .requiredOption('-C, --directory <dir>', 'where: it appears when all of it is there')
    .addHelpText(
      'after',
      `
Names that are absolute or lead outside are refused. Device nodes are left out: a zone has its own.
As root with owners; else everything is yours. Of a differential archive only what it brings is unpacked.
`,
    )
    .action(async (file: string, { directory, json }: Options) => {
      const target = path.resolve(directory)
      await checkEmpty(target)
      const said = { doing: 'extracting', undone: 'nothing is extracted' }
      const result = await whileReading(file, said, (flar, signal) => extractFiles(flar, target, signal))
      for (const note of result.notes) process.stderr.write(`note: ${note}\n`)
      if (json) await printLine(JSON.stringify({ directory: target, ...result }))
      else await printLine(`${directory}: ${result.names} names, ${renderBytes(result.bytes)} of files`)
    })
}

/** Unpacks by the machine's tar what SafeTar lets through. */
export async function extractFiles(flar: ReadFlar, target: string, signal: AbortSignal): Promise<Extracted> {
  const isRoot = process.getuid?.() === 0
  const tar = new SafeTar(LIMITS)
  const stored = untilStopped(signal, flar.stored)
  await intoDirectory(target, signal, async (staging) => {
    await unpackTar(tarOf({ ...flar, stored }, tar), staging, { isRoot, signal })
    if (!tar.hasRoot) await chmod(staging, 0o755)
  })
  const notes = [
    ...(tar.devices > 0 ? [`devices: ${tar.devices}, left out`] : []),
    ...(isRoot ? [] : ['owners: left out: only root gives files away']),
  ]
  return { names: tar.entries, bytes: tar.bytes, notes }
}

async function* tarOf(flar: ReadFlar, tar: SafeTar): AsyncGenerator<Uint8Array> {
  for await (const _piece of readMembers(flar, tar)) yield* tar.take()
  yield* tar.finish()
}
