// The ZFS streams that give a snapshot: a full one, and increments on it.
import type { Artifact } from '#core/manifest.ts'
import type { FindBase, StoredBytes } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Needs {
  blobs: Pick<BlobStore, 'open' | 'openFile'>
  catalog: Pick<TemplateCatalog, 'listTemplates' | 'listVersions'>
}

/** Longer chains nobody makes: each version has a full stream of its own as well. */
const MAX_CHAIN = 64

/** In order; undefined when no version has them. The shortest: a snapshot that came both ways needs no base. */
export async function findStreamChain(
  guid: string,
  { catalog }: Pick<Needs, 'catalog'>,
): Promise<Artifact[] | undefined> {
  const streams = await streamsByGuid(catalog)
  const chain: Artifact[] = []
  for (let wanted = guid; chain.length < MAX_CHAIN;) {
    const found = streams.get(wanted)
    if (found === undefined) return undefined
    chain.unshift(found)
    if (found.fromGuid === undefined) return chain
    wanted = found.fromGuid
  }
  return undefined
}

/** What an increment needs to be read. */
export const baseFinder =
  (needs: Needs): FindBase =>
  async (guid) =>
    (await findStreamChain(guid, needs))?.map((artifact) => storedBytes(artifact, needs))

export function storedBytes(
  { sha256 }: Pick<Artifact, 'sha256'>,
  { blobs }: Pick<Needs, 'blobs'>,
): StoredBytes {
  const openFile = blobs.openFile?.bind(blobs)
  return { read: () => blobs.open(sha256), ...(openFile && { openFile: () => openFile(sha256) }) }
}

/** Of several streams of one snapshot: a full one before an increment, one that need not be unpacked before others. */
async function streamsByGuid(catalog: Needs['catalog']): Promise<Map<string, Artifact>> {
  const streams = new Map<string, Artifact>()
  for (const { name } of await catalog.listTemplates()) {
    for (const { manifest } of await catalog.listVersions(name)) {
      for (const artifact of manifest.artifacts) {
        if (artifact.guid === undefined) continue
        const before = streams.get(artifact.guid)
        if (before === undefined || rank(artifact) < rank(before)) streams.set(artifact.guid, artifact)
      }
    }
  }
  return streams
}

function rank({ fromGuid, compression }: Artifact): number {
  return (fromGuid === undefined ? 0 : 2) + (compression === 'none' ? 0 : 1)
}
