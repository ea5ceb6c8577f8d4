// The ZFS streams that give a snapshot: a full one, and increments on it.
import { ProvisionError } from '#core/errors.ts'
import { isStream, type Artifact, type Manifest } from '#core/manifest.ts'
import { MAX_CHAIN } from '#core/origin-chain.ts'
import type { FindBase, StoredBytes } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog, VersionId } from './ports/catalog.ts'

type Catalog = Pick<TemplateCatalog, 'findVersion' | 'findVersionsByGuid'>

interface Needs {
  blobs: Pick<BlobStore, 'open' | 'openFile'>
  catalog: Catalog
}

/** Whose streams need a snapshot. Anybody who may publish some template can claim a guid, so it is looked for close by first. */
export interface StreamUser {
  template: string
  /** absent: it is not recorded yet */
  version?: string | undefined
  origin?: VersionId | undefined
}

/**
 * In order; undefined when no version has them. The shortest: a snapshot that came both ways needs no base.
 * @throws SnapshotAmbiguous
 */
export async function findStreamChain(
  guid: string,
  user: StreamUser,
  { catalog }: Pick<Needs, 'catalog'>,
): Promise<Artifact[] | undefined> {
  const chain: Artifact[] = []
  for (let [wanted, near] = [guid, user]; chain.length < MAX_CHAIN;) {
    const [found] = streamsOf(await findHolders(wanted, near, catalog), wanted)
    if (found === undefined) return undefined
    chain.unshift(found.artifact)
    if (found.artifact.fromGuid === undefined) return chain
    ;[wanted, near] = [found.artifact.fromGuid, found.manifest]
  }
  return undefined
}

/** What an increment needs to be read. */
export const baseFinder =
  (user: StreamUser, needs: Needs): FindBase =>
  async (guid) =>
    (await findStreamChain(guid, user, needs))?.map((artifact) => storedBytes(artifact, needs))

export function storedBytes(
  { sha256 }: Pick<Artifact, 'sha256'>,
  { blobs }: Pick<Needs, 'blobs'>,
): StoredBytes {
  const openFile = blobs.openFile?.bind(blobs)
  return { read: () => blobs.open(sha256), ...(openFile && { openFile: () => openFile(sha256) }) }
}

/** What is read soonest first: a full stream before an increment, one that need not be unpacked before others. */
export function byCost(a: Artifact, b: Artifact): number {
  return rank(a) - rank(b)
}

function rank({ fromGuid, compression }: Artifact): number {
  return (fromGuid === undefined ? 0 : 2) + (compression === 'none' ? 0 : 1)
}

function streamsOf(holders: readonly Manifest[], guid: string): { artifact: Artifact; manifest: Manifest }[] {
  return holders
    .flatMap((manifest) => manifest.artifacts.map((artifact) => ({ artifact, manifest })))
    .filter(({ artifact }) => isStream(artifact) && artifact.guid === guid)
    .toSorted((a, b) => byCost(a.artifact, b.artifact))
}

/** The version itself, else one that it builds on, else those of its template, else those of the one other template that has it. */
async function findHolders(guid: string, user: StreamUser, catalog: Catalog): Promise<Manifest[]> {
  const all = (await catalog.findVersionsByGuid(guid)).map(({ manifest }) => manifest)
  if (all.length === 0) return []
  const nearest = await findAncestor(all, user, catalog)
  if (nearest) return [nearest]
  const own = all.filter(({ template }) => template === user.template)
  if (own.length > 0) return own
  // the very same bytes may be in many places
  const digests = new Set(all.map((one) => streamsOf([one], guid)[0]?.artifact.sha256))
  if (digests.size > 1 && new Set(all.map(({ template }) => template)).size > 1)
    throw snapshotAmbiguous(guid, all)
  return all
}

async function findAncestor(
  holders: readonly Manifest[],
  user: StreamUser,
  catalog: Catalog,
): Promise<Manifest | undefined> {
  const { template, version } = user
  let id = version === undefined ? user.origin : { template, version }
  for (let steps = 0; id !== undefined && steps < MAX_CHAIN; steps++) {
    const at: VersionId = id
    const holder = holders.find((one) => one.template === at.template && one.version === at.version)
    if (holder) return holder
    // the first step's is known: nobody has recorded it differently
    id = steps === 0 && version !== undefined ? user.origin : await originOf(at, catalog)
  }
  return undefined
}

async function originOf({ template, version }: VersionId, catalog: Catalog): Promise<VersionId | undefined> {
  return (await catalog.findVersion(template, version))?.manifest.origin
}

function snapshotAmbiguous(guid: string, holders: readonly Manifest[]): ProvisionError {
  const names = holders.map(({ template, version }) => `${template}@${version}`).slice(0, 5)
  return new ProvisionError(
    'conflict',
    'SnapshotAmbiguous',
    `streams of ${names.join(' and ')} claim the snapshot of guid ${guid}, expected those of one template, or an origin that has it`,
  )
}
