// zoneadm move: another zonepath for an installed zone.
import { existsSync, renameSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { datasetOn, setMountpoint } from './datasets.ts'
import { refuseMountsBelow } from './detach.ts'
import { Refused, WrongUsage } from './failure.ts'
import { readOptions } from './options.ts'
import { verifyZonepath } from './zonepath.ts'
import type { ZonesHost } from './zones-host.ts'

const usage = 'move zonepath'

export function move(host: ZonesHost, name: string, args: readonly string[]): void {
  const [zonepath, ...rest] = readOptions(args, { usage }).operands
  if (zonepath === undefined || rest.length > 0) throw new WrongUsage(usage)
  const config = host.store.readConfig(name)
  verifyZonepath(host, name, zonepath, false)
  if (existsSync(zonepath)) throw new Refused(`${zonepath}: File exists`)
  refuseMountsBelow(config.zonepath)
  moveTree(config.zonepath, zonepath)
  host.store.writeConfig({ ...config, zonepath })
  host.store.setState(name, 'installed', zonepath)
}

function moveTree(from: string, to: string): void {
  const dataset = datasetOn(from)
  if (dataset) {
    setMountpoint(dataset.name, to)
    return
  }
  runCommand(['mkdir', '-p', '-m', '755', path.dirname(to)])
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    console.log(`Moving across file systems; copying zonepath ${from}...`)
    runCommand(['cp', '-a', from, to])
    console.log(`Cleaning up zonepath ${from}...`)
    runCommand(['rm', '-rf', '--one-file-system', from])
  }
}
