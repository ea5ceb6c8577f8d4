// Whether the artifacts of a version bring the same tree: a layer applies to that of its origin's archives.
import { isStream, type Artifact, type Manifest } from '../manifest.ts'

/** Archives and layers of a version do. A stream does when that was seen when it was packaged, or one was converted to the other. */
export function bringsArchivesTree(artifact: Artifact, { artifacts }: Pick<Manifest, 'artifacts'>): boolean {
  if (!isStream(artifact)) return true
  const archives = artifacts.filter((one) => !isStream(one))
  return archives.some(
    ({ sha256, derivedFrom }) =>
      artifact.zfs?.sameTreeAs === sha256 ||
      artifact.derivedFrom === sha256 ||
      derivedFrom === artifact.sha256,
  )
}
