// zoneadm install: populates a zonepath from a tarball (lx), a directory (native), or with a small Solaris of our own.
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../command.ts'
import { createZonepathDataset } from './datasets.ts'
import { refuseOccupiedRoot } from './empty-root.ts'
import { complain, Refused, WrongUsage } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import { isSolaris10 } from './release.ts'
import { makeSmallSolaris } from './small-solaris.ts'
import { verifyZone } from './verify.ts'
import { makeZonepath } from './zonepath.ts'
import { brandOf, isLx, type ZonesHost } from './zones-host.ts'

const lxUsage = 'install -t tarball | -d directory'
const nativeUsage = 'install [-d directory] [-u|-p] [-v|-s]'

export function install(host: ZonesHost, name: string, args: readonly string[]): void {
  const config = host.store.readConfig(name)
  const usage = isLx(config) ? lxUsage : nativeUsage
  const { flags, values } = noOperands(
    readOptions(args, { flags: 'upvs', values: isLx(config) ? 'td' : 'dax', usage }),
    usage,
  )
  const tarball = values.get('t')?.[0]
  const directory = values.get('d')?.[0]
  const source = tarball ?? directory
  // without one the packages of the global zone are installed, which only a native zone of Solaris 10 does
  const isFromGlobal = source === undefined && brandOf(config) === 'native' && isSolaris10(host.release)
  if ((source === undefined && !isFromGlobal) || (tarball !== undefined && directory !== undefined))
    throw new WrongUsage(usage)
  if (source !== undefined) refuseSource(source, tarball === undefined)

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
    if (source === undefined) {
      console.log(`Preparing to install zone <${name}>.`)
      makeSmallSolaris(root, host.release, config)
      console.log(`Zone <${name}> is initialized.`)
    } else if (tarball === undefined) copyRoot(source, root)
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

function refuseSource(source: string, isDirectory: boolean): void {
  const stats = statSync(source, { throwIfNoEntry: false })
  if (!stats) throw new Refused(`${source}: No such file or directory`)
  if (isDirectory && !stats.isDirectory()) throw new Refused(`${source} is not a directory.`)
}

/** Copies a zoneroot; of a zonepath only its root. */
function copyRoot(source: string, root: string): void {
  const isZonepath = existsSync(path.join(source, 'root')) && !existsSync(path.join(source, 'etc'))
  runCommand(['cp', '-a', `${isZonepath ? path.join(source, 'root') : source}/.`, root])
}
