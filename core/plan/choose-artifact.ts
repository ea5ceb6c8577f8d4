// Which packaged form of a version a host can take.
import { ProvisionError } from '../errors.ts'
import type { Host } from '../host.ts'
import { artifactExtension, type Artifact, type Manifest } from '../manifest.ts'
import type { ProfileZone } from '../profile.ts'

/** Whether the host has ZFS, as its facts say. */
export function hasZfs(host: Pick<Host, 'facts'>): boolean {
  return host.facts['zfs'] === 'true'
}

/**
 * A wanted form if the host can take it; with `auto` a ZFS stream where there is ZFS, else the smallest archive. Streams
 * that build on another (zfs-incremental) are not for a host that may lack it.
 * @throws NoUsableArtifact
 */
export function chooseArtifact(
  { template, version, artifacts }: Manifest,
  host: Host,
  form: ProfileZone['form'],
): Artifact {
  const usable = artifacts.filter((artifact) => canTake(host, artifact))
  const wanted =
    form === 'auto'
      ? usable.toSorted(byPreference)[0]
      : usable.find((artifact) => {
          const extension = artifactExtension(artifact)
          return extension === form || (form === 'zfs' && artifact.format === 'zfs')
        })
  if (wanted) return wanted
  const there = artifacts.map(artifactExtension).join(', ') || 'no artifacts'
  throw new ProvisionError(
    'conflict',
    'NoUsableArtifact',
    `${template}@${version} has ${there}; host ${host.name} (${host.release}${hasZfs(host) ? ', zfs' : ', no zfs'}) needs ${form === 'auto' ? 'another form' : form}`,
  )
}

function canTake(host: Host, { format, compression }: Artifact): boolean {
  if (format === 'zfs-incremental' || (format === 'zfs' && !hasZfs(host))) return false
  // Solaris 10 brings gzip and bzip2; zstd and xz came later
  return !host.release.startsWith('s10') || !['zstd', 'xz'].includes(compression)
}

function byPreference(a: Artifact, b: Artifact): number {
  return Number(b.format === 'zfs') - Number(a.format === 'zfs') || a.size - b.size
}
