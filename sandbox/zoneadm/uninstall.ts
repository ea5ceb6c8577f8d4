// zoneadm uninstall: removes what is installed below a zonepath, its dataset too.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { runCommand, tryCommand } from '../command.ts'
import { datasetOn, destroyZonepathDataset } from './datasets.ts'
import { refuseMountsBelow } from './detach.ts'
import { Refused } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import { releaseHas } from './release.ts'
import type { ZonesHost } from './zones-host.ts'

const usage = 'uninstall [-F]'
const standardEntries = ['root', 'dev', 'lu', 'lastexited', 'SUNWattached.xml']

export async function uninstall(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  const { flags } = noOperands(readOptions(args, { flags: 'F', usage }), usage)
  if (!flags.has('F') && !(await isAgreed(name))) return
  const { zonepath } = host.store.readConfig(name)
  refuseMountsBelow(zonepath)
  host.store.setState(name, 'incomplete')
  const dataset = datasetOn(zonepath)
  if (dataset && destroyZonepathDataset(dataset, releaseHas(host.release, 's10u9'))) {
    console.log('The ZFS file system for this zone has been destroyed.')
  } else {
    runCommand([
      'rm',
      '-rf',
      '--one-file-system',
      '--',
      ...standardEntries.map((entry) => path.join(zonepath, entry)),
    ])
  }
  // anything else in it is not ours
  if (existsSync(zonepath)) tryCommand(['rmdir', zonepath])
  host.store.setState(name, 'configured')
}

async function isAgreed(name: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Refused('Input not from terminal and -F not specified: uninstall not done.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y/i.test(await terminal.question(`Are you sure you want to uninstall zone ${name} (y/[n])? `))
  } finally {
    terminal.close()
  }
}
