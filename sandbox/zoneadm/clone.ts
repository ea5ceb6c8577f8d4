// zoneadm clone: a new zone from an installed one, by ZFS where zonepaths allow it, else by copying (zones.md 5).
import { chmodSync, existsSync, lstatSync } from 'node:fs'
import path from 'node:path'
import type { ZoneConfig } from '#core/zone/config.ts'
import { runCommand, tryCommand } from '../command.ts'
import {
  cloneSnapshot,
  createZonepathDataset,
  datasetNameFor,
  datasetOn,
  destroySnapshot,
  isFileSystem,
  nextCloneSnapshot,
  poolOf,
  takeSnapshot,
} from './datasets.ts'
import { hasManifest, readManifest, removeManifest, writeManifest } from './detached-manifest.ts'
import { refuseMountsBelow } from './detach.ts'
import { refuseOccupiedRoot } from './empty-root.ts'
import { complain, FailedPlainly, Refused, RefusedWhole, WrongUsage } from './failure.ts'
import { compareInventory } from './inventory.ts'
import { readOptions } from './options.ts'
import { releaseHas } from './release.ts'
import { sharedResourceWarnings } from './shared-resources.ts'
import { unconfigureRoot } from './unconfigure.ts'
import { verifyZone } from './verify.ts'
import { makeZonepath } from './zonepath.ts'
import { brandOf, isLx, zoneState, type ZonesHost } from './zones-host.ts'

const usage = 'clone [-m method] [-s <ZFS snapshot>] source-zone'

export function clone(host: ZonesHost, name: string, args: readonly string[]): void {
  const { values, operands } = readOptions(args, { values: 'ms', usage })
  const [sourceName, ...rest] = operands
  const method = values.get('m')?.[0]
  const snapshot = values.get('s')?.[0]
  // up to 10/08 only the first option was looked at; a second one is a usage error (zones.md 1.5)
  const oneOptionOnly = !releaseHas(host.release, 's10u7') && method !== undefined && snapshot !== undefined
  if (
    sourceName === undefined ||
    rest.length > 0 ||
    (method !== undefined && method !== 'copy') ||
    oneOptionOnly
  ) {
    throw new WrongUsage(usage)
  }
  const config = host.store.readConfig(name)
  verifyZone(host, config, false)
  const source = cloneSource(host, name, config, sourceName)
  for (const warning of sharedResourceWarnings(source, config)) complain(warning)
  refuseOccupiedRoot(host, 'clone', config.zonepath)

  host.store.setState(name, 'incomplete')
  if (snapshot === undefined) {
    const cloned = method === 'copy' ? false : cloneByZfs(source, config)
    if (!cloned) copyZonepath(source.zonepath, config.zonepath)
  } else {
    cloneNamedSnapshot(host, config, snapshot)
  }
  chmodSync(config.zonepath, 0o700)
  removeManifest(config.zonepath)
  if (!isLx(config)) unconfigureRoot(path.join(config.zonepath, 'root'))
  host.store.setState(name, 'installed')
}

/** The zone to clone, when it may be cloned as this one. */
function cloneSource(host: ZonesHost, name: string, config: ZoneConfig, sourceName: string): ZoneConfig {
  if (sourceName === 'global') throw new Refused('clone operation is invalid for the global zone.')
  if (sourceName.startsWith('SUNW'))
    throw new Refused('clone operation is invalid for zones starting with SUNW.')
  const entry = host.store.findEntry(sourceName)
  if (!entry) throw new RefusedWhole(`${sourceName}: No such zone configured`)
  const state = zoneState(host, entry)
  if (host.store.kernelState(sourceName))
    throw new RefusedWhole(`zone ${sourceName} is ${state}; halted is required.`)
  if (state !== 'installed') throw new RefusedWhole(`zone ${sourceName} is ${state}; installed is required.`)
  const source = host.store.readConfig(sourceName)
  if (brandOf(source) !== brandOf(config)) {
    throw new Refused(`Zones '${sourceName}' and '${name}' have different brand types.`)
  }
  refuseOtherInheritedDirectories(source, config)
  return source
}

function refuseOtherInheritedDirectories(source: ZoneConfig, target: ZoneConfig): void {
  const inherited = (config: ZoneConfig) =>
    config.elements
      .filter(({ tag }) => tag === 'inherited-pkg-dir')
      .map(({ attributes }) => attributes['directory'])
  const [theirs, ours] = [inherited(source), inherited(target)]
  const missing = theirs.find((directory) => !ours.includes(directory))
  if (missing !== undefined)
    throw new Refused(`inherit-pkg-dir '${missing}' is not configured in zone ${target.name}.`)
  if (ours.some((directory) => !theirs.includes(directory))) {
    throw new Refused(
      `Zone ${target.name} is configured with inherit-pkg-dirs that are not configured in zone ${source.name}.`,
    )
  }
}

/** False when the zonepaths do not allow it and the tree must be copied. */
function cloneByZfs(source: ZoneConfig, target: ZoneConfig): boolean {
  const from = datasetOn(source.zonepath)
  const to = datasetNameFor(target.zonepath)
  if (!from || to === undefined || poolOf(from.name) !== poolOf(to)) return false
  if (datasetOn(target.zonepath)) {
    complain(`A file system is already mounted on ${target.zonepath},\npreventing use of a ZFS clone.`)
    return false
  }
  if (isFileSystem(to) || isOccupied(target.zonepath)) return false
  const snapshot = nextCloneSnapshot(from.name)
  writeManifest(source)
  try {
    takeSnapshot(snapshot)
  } finally {
    removeManifest(source.zonepath)
  }
  console.log(`Cloning snapshot ${snapshot}`)
  try {
    cloneSnapshot(snapshot, to)
  } catch {
    destroySnapshot(snapshot)
    return false
  }
  console.log('Instead of copying, a ZFS clone has been created for this zone.')
  return true
}

function isOccupied(zonepath: string): boolean {
  return existsSync(zonepath) && tryCommand(['rmdir', zonepath]).status !== 0
}

function cloneNamedSnapshot(host: ZonesHost, config: ZoneConfig, snapshot: string): void {
  const backToConfigured = (text: string): Refused => {
    host.store.setState(config.name, 'configured')
    return new Refused(text)
  }
  const dataset = datasetNameFor(config.zonepath)
  if (dataset === undefined || isFileSystem(dataset))
    throw backToConfigured(`could not clone snapshot ${snapshot}`)
  try {
    cloneSnapshot(snapshot, dataset)
  } catch {
    throw backToConfigured(`snapshot ${snapshot} could not be cloned`)
  }
  const refusal = namedSnapshotRefusal(config.zonepath, snapshot)
  if (refusal !== undefined) {
    runCommand(['/usr/sbin/zfs', 'destroy', dataset])
    throw backToConfigured(refusal)
  }
  console.log(`Cloning snapshot ${snapshot}\nInstead of copying, a ZFS clone has been created for this zone.`)
}

/** Only a snapshot that `zoneadm clone` took holds a manifest. */
function namedSnapshotRefusal(zonepath: string, snapshot: string): string | undefined {
  if (!hasManifest(zonepath)) {
    return `snapshot ${snapshot} was not taken\n\tby a 'zoneadm clone' command.  It can not be used to clone zones.`
  }
  return compareInventory(readManifest(zonepath)).length > 0
    ? `snapshot ${snapshot} is out-dated\n\tIt can no longer be used to clone zones on this system.`
    : undefined
}

/** Copies a whole zonepath without sockets. */
function copyZonepath(from: string, to: string): void {
  refuseMountsBelow(from)
  if (!lstatSync(to, { throwIfNoEntry: false }) && createZonepathDataset(to)) {
    console.log('A ZFS file system has been created for this zone.')
  }
  makeZonepath(to)
  console.log(`Copying ${from}...`)
  const copied = tryCommand(
    [
      'bash',
      '-c',
      'set -o pipefail; find . -xdev ! -type s ! -path ./.zfs -print0 | cpio --null --quiet -pdm "$1"',
      'copy',
      to,
    ],
    { cwd: from },
  )
  if (copied.status !== 0) {
    complain(copied.stderr.trim())
    complain('The copy failed.')
    throw new FailedPlainly()
  }
}
