// Trees of ZFS streams, to be looked into. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Artifact } from '#core/manifest.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import type { StreamTree } from '#core/zfs/tree.ts'

export interface ReadableTree {
  set: ObjectSet
  tree: StreamTree
  /** A whole file, by its path in the tree. @throws FileNotFound, TooManyBytes when it has more than `most` */
  contents: (path: string, most: number) => Promise<Uint8Array>
}

export interface StreamTrees {
  /**
   * The tree that a full stream and increments on it, in order, give; for as long as `use` takes. Who asks for the same at the
   * same time, or soon after, shares it. @throws the codes of core/archive/refusals.ts, BlobNotFound, NoSpace
   */
  read<T>(chain: readonly Artifact[], use: (tree: ReadableTree) => Promise<T>): Promise<T>
}
