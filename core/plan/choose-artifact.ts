// Which packaged form of a version a host can take.
import { ProvisionError } from '../errors.ts'
import type { Host } from '../host.ts'
import { artifactExtension, type Artifact, type Manifest } from '../manifest.ts'
import type { ProfileZone } from '../profile.ts'
import { receiverOf, whyNotReceived } from '../zfs/receivers.ts'

/** Whether the host has ZFS, as its facts say. */
export function hasZfs(host: Pick<Host, 'facts'>): boolean {
  return host.facts['zfs'] === 'true'
}

/**
 * A wanted form if the host can take it; with `auto` a ZFS stream where there is ZFS, else the smallest archive. Never one
 * that builds on another version, which the host may lack: core/plan/forms.ts.
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
  const there = artifacts.map((artifact) => describe(host, artifact)).join(', ') || 'no artifacts'
  throw new ProvisionError(
    'conflict',
    'NoUsableArtifact',
    `${template}@${version} has ${there}; host ${host.name} (${host.release}${hasZfs(host) ? ', zfs' : ', no zfs'}) needs ${form === 'auto' ? 'another form' : form}`,
  )
}

/** `zfs (the host has no ZFS)` */
function describe(host: Host, artifact: Artifact): string {
  const why = whyNot(host, artifact)
  return artifactExtension(artifact) + (why === undefined ? '' : ` (${why})`)
}

/** Whether the host can take it as a whole. */
function canTake(host: Host, artifact: Artifact): boolean {
  const isWhole = artifact.format !== 'zfs-incremental' && artifact.format !== 'layer'
  return isWhole && whyNot(host, artifact) === undefined
}

/** Why a host cannot read this form; undefined: it can. */
export function whyNot(host: Host, { format, compression, zfs }: Artifact): string | undefined {
  if (format === 'zfs' || format === 'zfs-incremental') {
    if (!hasZfs(host)) return 'the host has no ZFS'
    const refused = zfs && whyNotReceived(receiverOf(host), zfs)
    if (refused !== undefined) return refused
  }
  // Solaris 10 brings gzip and bzip2; zstd and xz came later
  if (host.release.startsWith('s10') && (compression === 'zstd' || compression === 'xz'))
    return `Solaris 10 has no ${compression}`
  return undefined
}

function byPreference(a: Artifact, b: Artifact): number {
  return Number(b.format === 'zfs') - Number(a.format === 'zfs') || a.size - b.size
}
