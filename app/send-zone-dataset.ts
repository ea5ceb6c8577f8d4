// The ZFS streams of a zone whose zonepath is a dataset: a full one, and one from the origin where the host has it.
import { ProvisionError } from '#core/errors.ts'
import type { Manifest } from '#core/manifest.ts'
import type { DetachedZone } from './inspect-detached-zone.ts'
import type { ArtifactIndexer } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { HostShell } from './ports/hosts.ts'
import { baseFinder } from './stream-chain.ts'
import { takeInArtifact, type TakenArtifact } from './take-in-artifact.ts'
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
  /** told why a stream that was sent is not kept */
  onRefused: (why: string) => void
}

interface Needs {
  catalog: TemplateCatalog
  blobs: BlobStore
  indexer: ArtifactIndexer
}

/** What zones may have and archives leave out or mend, and a stream brings as it is: then the archives have to do. */
const leftToArchives = new Set(['DeviceRefused', 'LinkOutside', 'UnsupportedEntry', 'UnsupportedZfsStream'])

/**
 * No streams when the zonepath is no dataset of its own, or the host has no ZFS. Each is to be closed when its entries have been
 * read. @throws CommandFailed, NoSpace, CorruptStream
 */
export async function sendZoneDataset(wanted: Wanted, needs: Needs): Promise<TakenArtifact[]> {
  const { shell, zone } = wanted
  const dataset = await findDataset(shell, zone.zonepath)
  if (dataset === undefined) return []
  const snapshot = await takeSnapshot(shell, snapshotName(dataset, wanted.version), needs.catalog)
  const full = await takeInStream([ZFS, 'send', snapshot], wanted, needs)
  if (full === undefined) return []
  try {
    const from = await findOriginSnapshot(wanted)
    if (from === undefined) return [full]
    const argv = [ZFS, 'send', '-i', from, snapshot] as const
    const increment = await takeInStream(argv, wanted, needs).catch(whenNoAncestor)
    return increment ? [full, increment] : [full]
  } catch (error) {
    await full.close()
    throw error
  }
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

/** The snapshot that a stream of the origin was made of, known by its guid. */
async function findOriginSnapshot({ shell, origin }: Wanted): Promise<string | undefined> {
  const streams = origin?.artifacts.filter(({ format }) => format === 'zfs') ?? []
  const guids = new Set(streams.map(({ guid }) => guid))
  if (guids.size === 0) return undefined
  const list = await shell.run([ZFS, 'list', '-H', '-t', 'snapshot', '-o', 'name']).catch(whenCommandFailed)
  for (const snapshot of (list ?? '').split('\n')) {
    if (!snapshot.endsWith(`@zoneflash-${origin?.version}`)) continue
    const guid = await guidOf(shell, snapshot)
    if (guid !== undefined && guids.has(guid)) return snapshot
  }
  return undefined
}

/** Undefined for one that is refused, which is said. */
async function takeInStream(
  argv: readonly [string, ...string[]],
  { shell, origin, signal, onProgress, onRefused }: Wanted,
  needs: Needs,
): Promise<TakenArtifact | undefined> {
  const source = counted(shell.stream(argv, { signal }) as AsyncIterable<Uint8Array>, onProgress)
  try {
    return await takeInArtifact(source, { ...(origin && { findBase: baseFinder(origin, needs) }) }, needs)
  } catch (error) {
    if (!(error instanceof ProvisionError) || !leftToArchives.has(error.code)) throw error
    onRefused(error.message)
    return undefined
  }
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
