// An increment between two trees: the base as a stream gave it, the new version from wherever it lies.
import type { ObjectSet } from '../object-set.ts'
import type { StreamTree, TreeNode } from '../tree.ts'
import { ContentsInOrder } from './contents-in-order.ts'
import { renderIncrement, type Increment } from './increment.ts'
import { treeChanges } from './tree-changes.ts'
import type { TreeSource } from './tree-source.ts'
import { WantedTree } from './wanted-tree.ts'

export interface TreeIncrementOptions {
  base: ObjectSet
  tree: StreamTree
  /** sha256 of a file of the base */
  digestOf: (node: TreeNode) => string | undefined
  /** the new tree is the root of a zone: it is compared with `root` of the base, and what lies beside that stays */
  wrap?: 'zonepath'
  /** `anything@snapshot` */
  toName: string
  /** whether it is received as a clone */
  clone: boolean
  /** of the snapshot, seconds since the epoch */
  created: number
  /** told between the two passes */
  onPlanned?: (planned: Omit<Increment, 'bytes'>) => void
}

/**
 * What `zfs send -i` would give, without ZFS. The source is passed twice; memory is metadata only, contents go through in pieces.
 * @throws SourceChanged, and what WantedTree and renderIncrement refuse
 */
export async function* writeIncrement(
  source: TreeSource,
  options: TreeIncrementOptions,
): AsyncGenerator<Uint8Array, undefined> {
  const { base, tree, digestOf, wrap, toName, clone, created, onPlanned } = options
  const inside = wrap ? 'root' : '.'
  const contents = new ContentsInOrder(source)
  try {
    const wanted = await WantedTree.of(source, inside)
    const changes = treeChanges({ base: tree, digestOf, wanted, inside, contents })
    const { bytes, ...planned } = renderIncrement({ base, tree, changes, toName, clone, created })
    onPlanned?.(planned)
    yield* bytes()
    await contents.finish()
  } finally {
    await contents.close()
  }
  return undefined
}
