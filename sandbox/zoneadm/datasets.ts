// The few zfs operations that zoneadm needs. A host without ZFS has no datasets; everything then falls back to directories.
import path from 'node:path'
import { runCommand, tryCommand } from '../command.ts'

const ZFS = '/usr/sbin/zfs'

interface Dataset {
  name: string
  mountpoint: string
  origin: string | undefined
}

function listDatasets(): Dataset[] {
  const { status, stdout } = tryCommand([
    ZFS,
    'list',
    '-H',
    '-t',
    'filesystem',
    '-o',
    'name,mountpoint,mounted,origin',
  ])
  if (status !== 0) return []
  return stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([name, mountpoint, mounted, origin]) =>
      name && mountpoint && mounted === 'yes'
        ? [{ name, mountpoint, origin: origin === '-' ? undefined : origin }]
        : [],
    )
}

/** The dataset that is mounted on `directory`, if there is one. */
export function datasetOn(directory: string): Dataset | undefined {
  return listDatasets().find((dataset) => dataset.mountpoint === directory)
}

export function poolOf(dataset: string): string {
  return dataset.split(/[/@]/)[0] ?? dataset
}

/** Whether a dataset of that name exists, and is a file system. */
export function isFileSystem(name: string): boolean {
  return tryCommand([ZFS, 'list', '-H', '-t', 'filesystem', '-o', 'name', name]).status === 0
}

/** The name that a zonepath's dataset gets: below the parent directory's dataset, when that directory is a mountpoint. */
export function datasetNameFor(zonepath: string): string | undefined {
  const parent = datasetOn(path.dirname(zonepath))
  return parent && `${parent.name}/${path.basename(zonepath)}`
}

/** Makes a dataset for a zonepath whose parent is a mountpoint; undefined when there is nothing to make. */
export function createZonepathDataset(zonepath: string): string | undefined {
  const name = datasetNameFor(zonepath)
  if (name === undefined || isFileSystem(name)) return undefined
  return tryCommand([ZFS, 'create', name]).status === 0 ? name : undefined
}

function snapshotsOf(dataset: string): string[] {
  return runCommand([ZFS, 'list', '-H', '-r', '-t', 'snapshot', '-o', 'name', dataset])
    .split('\n')
    .filter((name) => name.startsWith(`${dataset}@`))
}

function clonesOf(snapshot: string): string[] {
  return runCommand([ZFS, 'list', '-H', '-t', 'filesystem', '-o', 'name,origin'])
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([name, origin]) => (name && origin === snapshot ? [name] : []))
}

/** The next `DATASET@SUNWzoneN`: one more than the highest there is, gaps are not used again (zones.md 5.3). */
export function nextCloneSnapshot(dataset: string): string {
  const numbers = snapshotsOf(dataset).flatMap((name) => /@SUNWzone([0-9]+)$/.exec(name)?.[1] ?? [])
  return `${dataset}@SUNWzone${Math.max(0, ...numbers.map(Number)) + 1}`
}

export function takeSnapshot(snapshot: string): void {
  runCommand([ZFS, 'snapshot', snapshot])
}

export function destroySnapshot(snapshot: string): void {
  tryCommand([ZFS, 'destroy', snapshot])
}

/** Clones a snapshot as a dataset below its parent's mountpoint. */
export function cloneSnapshot(snapshot: string, dataset: string): void {
  const result = tryCommand([ZFS, 'clone', '-o', 'sharenfs=off', snapshot, dataset])
  if (result.status !== 0) runCommand([ZFS, 'clone', snapshot, dataset])
}

export function setMountpoint(dataset: string, mountpoint: string): void {
  runCommand([ZFS, 'set', `mountpoint=${mountpoint}`, dataset])
}

/** Hands the snapshots that clones hang on over to one of the clones, under names that are free there. */
function promoteClones(dataset: string): void {
  for (const snapshot of snapshotsOf(dataset).toReversed()) {
    const clone = clonesOf(snapshot)[0]
    if (clone === undefined) continue
    // every snapshot up to this one moves along, and none may clash with a name the clone already has
    for (const moving of snapshotsOf(dataset)) {
      const label = moving.slice(moving.indexOf('@'))
      if (snapshotsOf(clone).includes(`${clone}${label}`))
        runCommand([ZFS, 'rename', moving, nextFreeName(dataset, clone)])
    }
    runCommand([ZFS, 'promote', clone])
  }
}

function nextFreeName(dataset: string, clone: string): string {
  const numbers = [nextCloneSnapshot(dataset), nextCloneSnapshot(clone)].map((name) =>
    Number(name.slice(name.indexOf('@SUNWzone') + '@SUNWzone'.length)),
  )
  return `${dataset}@SUNWzone${Math.max(...numbers)}`
}

/**
 * Destroys the dataset of a zone, and the SUNWzone snapshot that it came from when no other clone uses it. False when
 * clones hang on it and may not be promoted: then the dataset stays.
 */
export function destroyZonepathDataset(dataset: Dataset, mayPromote: boolean): boolean {
  if (snapshotsOf(dataset.name).some((snapshot) => clonesOf(snapshot).length > 0)) {
    if (!mayPromote) return false
    promoteClones(dataset.name)
  }
  const origin = runCommand([ZFS, 'get', '-H', '-o', 'value', 'origin', dataset.name]).trim()
  runCommand([ZFS, 'destroy', '-r', dataset.name])
  if (origin.includes('@SUNWzone') && clonesOf(origin).length === 0) destroySnapshot(origin)
  return true
}
