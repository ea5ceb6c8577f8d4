// A tree as ZFS streams, written for whoever will receive them.
import type { ConversionRequest, ConvertedForm } from '#app/ports/conversion.ts'
import { isArchive } from '#core/manifest.ts'
import type { TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import type { ConverterNeeds } from './convert.ts'
import { InZonepath } from './in-zonepath.ts'
import { ArchiveSource } from '../zfs/sources/archive.ts'
import { StreamTreeSource } from '../zfs/sources/stream.ts'
import { OutOfZonepath } from './out-of-zonepath.ts'
import { openChain } from './open-chain.ts'
import { storeForm } from './recompress.ts'
import { writeOnOrigin } from './write-on-origin.ts'

/** Writes a stream; one with an origin shares its objects, and the increment from there comes with it. */
export async function writeStreams(
  request: ConversionRequest,
  needs: ConverterNeeds,
): Promise<ConvertedForm[]> {
  const { to, zpl, snapshot } = request
  const opened = await openTree(request, needs)
  try {
    const onOrigin = request.origin && (await writeOnOrigin(opened.tree, request.origin, request, needs))
    if (onOrigin) return onOrigin.map((form) => ({ ...form, lost: opened.lost }))
    const full = writeFullStream(opened.tree, { zpl, snapshot: snapshot.name, created: snapshot.created })
    const blob = await storeForm(full, to.compression, request, needs.blobs)
    return [{ format: 'zfs', blob, layout: request.layout ?? 'zonepath', lost: opened.lost }]
  } finally {
    await opened.close()
  }
}

/** The tree as a zonepath, or the zone's root alone. */
async function openTree(
  { source, layout = 'zonepath', detachedXml, snapshot, signal }: ConversionRequest,
  needs: ConverterNeeds,
): Promise<{ tree: TreeSource; lost: readonly string[]; close(): Promise<void> }> {
  const wrapped = (tree: TreeSource) => {
    if (source.layout === layout) return tree
    return layout === 'zoneroot'
      ? new OutOfZonepath(tree)
      : new InZonepath(tree, { detachedXml, mtime: snapshot.created })
  }
  const [archive] = source.artifacts
  const options = { index: source.entries, signal }
  if (isArchive(archive)) {
    const tree = new ArchiveSource(() => needs.blobs.open(archive.sha256), options)
    return { tree: wrapped(tree), lost: [], close: async () => {} }
  }
  const open = await openChain(source.artifacts, needs, signal)
  const tree = new StreamTreeSource(open, options)
  return {
    tree: wrapped(tree),
    lost: tree.lost,
    close: () => open.close(),
  }
}
