// Where a host fetches an artifact.
import { artifactExtension, type Artifact, type Manifest } from '../manifest.ts'

/** By its name; a further form of that name, a stream of another ZPL version for example, by its digest. */
export function artifactUrlPath(artifact: Artifact, { template, version, artifacts }: Manifest): string {
  const extension = artifactExtension(artifact)
  const first = artifacts.find((one) => artifactExtension(one) === extension)
  return first?.sha256 === artifact.sha256
    ? `/flash/${template}/${version}.${extension}`
    : `/blobs/sha256/${artifact.sha256}`
}
