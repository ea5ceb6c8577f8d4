// What is recorded of a verified ZFS stream beside its index (zfs-stream.md 1 and 5).
import type { ZfsFacts } from '../manifest.ts'
import { featureNames } from './features.ts'
import type { ObjectSet } from './object-set.ts'
import type { ZfsStreamInfo } from './record-reader.ts'
import { poolNeeded } from './receivers.ts'
import type { TreeIndex } from './tree-entries.ts'
import type { StreamTree } from './tree.ts'

/** What reading the file system has told; absent for an increment without its base. */
export interface ReadStream {
  set: ObjectSet
  tree: StreamTree
  index: TreeIndex
}

export function zfsFactsOf(info: ZfsStreamInfo, read: ReadStream | undefined): ZfsFacts {
  const bits = info.snapshots.reduce((all, { features }) => all | features, 0n)
  const features = featureNames(bits)
  const zplVersion = read?.tree.zplVersion
  return {
    ...(zplVersion !== undefined && { zplVersion }),
    features,
    pool: poolNeeded({ zplVersion, features }),
    isPackage: info.isPackage,
    byteOrder: info.littleEndian ? 'little' : 'big',
    ...(read && { objects: read.set.objects.size, hidden: hiddenOf(read) }),
    notices: read
      ? [...read.tree.notices]
      : ['the snapshot that it starts from is not here: it has no index'],
  }
}

function hiddenOf({ tree, index }: ReadStream): NonNullable<ZfsFacts['hidden']> {
  const { xattrs, unlinked } = tree.hidden
  return { xattrs, unlinked, sockets: index.sockets, devices: index.devices }
}
