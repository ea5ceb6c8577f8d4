// The ZFS streams of a zone whose zonepath is a dataset: a full one, and one from the origin where the host has it.
import { ProvisionError } from '#core/errors.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { DetachedZone } from './inspect-detached-zone.ts'
import type { ArtifactIndexer } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { HostShell } from './ports/hosts.ts'
import { takeInArtifact } from './take-in-artifact.ts'
import {
  destroyUnlessNeeded,
  findDataset,
  guidOf,
  snapshotName,
  whenCommandFailed,
  ZFS,
} from './zone-snapshot.ts'

interface Wanted {
  shell: HostShell
  zone: DetachedZone
  version: string
  /** of the version that this one was cloned from */
  origin: Manifest | undefined
  signal: AbortSignal
  /** told the bytes sent so far */
  onProgress: (bytes: number) => void
}

interface Needs {
  catalog: TemplateCatalog
  blobs: BlobStore
  indexer: ArtifactIndexer
}

/** No streams when the zonepath is no dataset of its own, or the host has no ZFS. @throws CommandFailed, NoSpace, CorruptStream */
export async function sendZoneDataset(wanted: Wanted, needs: Needs): Promise<Artifact[]> {
  const { shell, zone } = wanted
  const dataset = await findDataset(shell, zone.zonepath)
  if (dataset === undefined) return []
  const snapshot = await takeSnapshot(shell, snapshotName(dataset, wanted.version), needs.catalog)
  const full = await takeInStream([ZFS, 'send', snapshot], wanted, needs)
  const from = await findOriginSnapshot(wanted)
  if (from === undefined) return [full]
  const increment = await takeInStream([ZFS, 'send', '-i', from, snapshot], wanted, needs).catch(
    whenNoAncestor,
  )
  return increment ? [full, increment] : [full]
}

/**
 * A snapshot of this name that no version was sent from is of an attempt that died, or of a version that is no more, and may
 * be older than the archives. One that somebody holds has to do: only a job for this very version takes it.
 */
async function takeSnapshot(shell: HostShell, snapshot: string, catalog: TemplateCatalog): Promise<string> {
  const before = await destroyUnlessNeeded(shell, snapshot, catalog)
  if (before === 'gone') await shell.run([ZFS, 'snapshot', snapshot])
  return snapshot
}

/** The snapshot that the origin's stream was made of, known by its guid. */
async function findOriginSnapshot({ shell, origin }: Wanted): Promise<string | undefined> {
  const guid = origin?.artifacts.find(({ format }) => format === 'zfs')?.guid
  if (guid === undefined) return undefined
  const list = await shell.run([ZFS, 'list', '-H', '-t', 'snapshot', '-o', 'name']).catch(whenCommandFailed)
  for (const snapshot of (list ?? '').split('\n')) {
    if (!snapshot.endsWith(`@zoneflash-${origin?.version}`)) continue
    if ((await guidOf(shell, snapshot)) === guid) return snapshot
  }
  return undefined
}

async function takeInStream(
  argv: readonly [string, ...string[]],
  { shell, signal, onProgress }: Wanted,
  needs: Needs,
): Promise<Artifact> {
  const source = counted(shell.stream(argv, { signal }) as AsyncIterable<Uint8Array>, onProgress)
  const taken = await takeInArtifact(source, {}, needs)
  await taken.close()
  return taken.artifact
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of source) {
    onProgress((bytes += chunk.byteLength))
    yield chunk
  }
}

/** A clone made of another snapshot of the origin cannot be sent from this one: the full stream must do. */
function whenNoAncestor(error: unknown): undefined {
  const said = error instanceof ProvisionError && error.code === 'CommandFailed' ? error.message : undefined
  if (said === undefined || !/not an earlier snapshot|same fs|incremental source|does not match/i.test(said))
    throw error
  return undefined
}
