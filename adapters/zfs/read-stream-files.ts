// Reads chosen files out of ZFS streams in the blob store, by position.
import { openStreamTree } from './open-tree.ts'
import { openStored } from './stored-source.ts'
import type { SpoolOptions } from './stream-source.ts'
import type { ArchiveFile, StoredBytes } from '#app/ports/archives.ts'

/** In path order; one file is in memory at a time. The signal ends the opening. `stored` are a full stream and the increments on it. @throws the codes of core/archive/refusals.ts, NoSpace */
export async function* readStreamFiles(
  stored: readonly StoredBytes[],
  wanted: ReadonlyMap<string, number>,
  spool: SpoolOptions,
  signal?: AbortSignal,
): AsyncGenerator<ArchiveFile> {
  const open = await openStreamTree(await openStored(stored, spool), { ...(signal && { signal }) })
  try {
    for (const node of open.tree.nodes) {
      const bytes = node.type === 'file' ? wanted.get(node.path) : undefined
      if (bytes === undefined) continue
      const pieces: Uint8Array[] = []
      for await (const piece of open.contents(node, { end: bytes })) pieces.push(piece.slice())
      yield { path: node.path, contents: Buffer.concat(pieces) }
    }
  } finally {
    await open.close()
  }
}
