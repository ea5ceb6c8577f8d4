// zoneadm install: populates a zonepath from a tarball (lx) or a directory (native).
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { createZonepathDataset } from './datasets.ts'
import { refuseOccupiedRoot } from './empty-root.ts'
import { complain, Refused, WrongUsage } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import { verifyZone } from './verify.ts'
import { makeZonepath } from './zonepath.ts'
import { isLx, type ZonesHost } from './zones-host.ts'

const lxUsage = 'install -t tarball | -d directory'
const nativeUsage = 'install -d directory [-u|-p] [-v|-s]'

export function install(host: ZonesHost, name: string, args: readonly string[]): void {
  const config = host.store.readConfig(name)
  const usage = isLx(config) ? lxUsage : nativeUsage
  const { flags, values } = noOperands(
    readOptions(args, { flags: 'upvs', values: isLx(config) ? 'td' : 'dax', usage }),
    usage,
  )
  const tarball = values.get('t')?.[0]
  const directory = values.get('d')?.[0]
  if ((tarball === undefined) === (directory === undefined)) throw new WrongUsage(usage)
  const source = tarball ?? directory ?? ''
  const stats = statSync(source, { throwIfNoEntry: false })
  if (!stats) throw new Refused(`${source}: No such file or directory`)
  if (tarball === undefined && !stats.isDirectory()) throw new Refused(`${source} is not a directory.`)

  verifyZone(host, config, false)
  refuseOccupiedRoot(host, 'install', config.zonepath)
  if (!existsSync(config.zonepath) && createZonepathDataset(config.zonepath)) {
    console.log('A ZFS file system has been created for this zone.')
  }
  makeZonepath(config.zonepath)
  host.store.setState(name, 'incomplete')
  const root = path.join(config.zonepath, 'root')
  mkdirSync(root, { recursive: true, mode: 0o755 })
  chmodSync(root, 0o755)
  try {
    if (tarball === undefined) copyRoot(source, root)
    else runCommand(['tar', '--numeric-owner', '--same-owner', '-xpf', source, '-C', root])
  } catch (error) {
    complain((error as Error).message)
    throw new Refused('install failed; the zone is incomplete.', { cause: error })
  }
  chmodSync(root, 0o755)
  if (!isLx(config) && !flags.has('p')) {
    mkdirSync(path.join(root, 'etc'), { recursive: true })
    writeFileSync(path.join(root, 'etc/.UNCONFIGURED'), '')
  }
  host.store.setState(name, 'installed')
}

/** Copies a zoneroot; of a zonepath only its root. */
function copyRoot(source: string, root: string): void {
  const isZonepath = existsSync(path.join(source, 'root')) && !existsSync(path.join(source, 'etc'))
  runCommand(['cp', '-a', `${isZonepath ? path.join(source, 'root') : source}/.`, root])
}
