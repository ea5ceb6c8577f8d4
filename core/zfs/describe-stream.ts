// Decides what kind of artifact a verified ZFS stream is, or that it cannot be one.
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import type { Artifact } from '../manifest.ts'
import { unreadable } from './features.ts'
import { datasetOf } from './one-file-system.ts'
import type { ZfsStreamInfo } from './record-reader.ts'
import type { BeginInfo } from './records.ts'

export type ZfsArtifactFacts = Required<Pick<Artifact, 'format' | 'snapshot' | 'guid'>> &
  Pick<Artifact, 'fromGuid'>

/**
 * The artifact's facts. A package counts as what its last snapshot becomes.
 * @throws UnsupportedZfsStream for volumes, several file systems, and streams that no host could receive by themselves
 */
export function describeZfsStream({ snapshots }: ZfsStreamInfo): ZfsArtifactFacts {
  const [first] = snapshots
  const last = snapshots.at(-1)
  if (first === undefined || last === undefined) {
    throw refusal('UnsupportedZfsStream', 'the zfs package holds no snapshot')
  }
  for (const snapshot of snapshots) checkSnapshot(snapshot, first)
  const isFull = first.fromGuid === '0'
  return {
    format: isFull ? 'zfs' : 'zfs-incremental',
    snapshot: last.toName,
    guid: last.toGuid,
    ...(!isFull && { fromGuid: first.fromGuid }),
  }
}

function checkSnapshot(snapshot: BeginInfo, first: BeginInfo): void {
  const name = quoted(snapshot.toName)
  if (!snapshot.toName.includes('@')) {
    throw refusal('UnsupportedZfsStream', `the zfs stream names ${name}, expected dataset@snapshot`)
  }
  const without = unreadable(snapshot)
  if (without !== undefined) {
    const { feature, advice } = without
    throw refusal('UnsupportedZfsStream', `the zfs stream of ${name} is ${feature}, expected ${advice}`)
  }
  if (datasetOf(snapshot.toName) !== datasetOf(first.toName)) {
    throw refusal(
      'UnsupportedZfsStream',
      `the zfs package holds ${quoted(datasetOf(first.toName))} and ${quoted(datasetOf(snapshot.toName))}, expected one file system`,
    )
  }
}
