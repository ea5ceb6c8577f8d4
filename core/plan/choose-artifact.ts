// Which packaged form of a version a host can take.
import { ProvisionError } from '../errors.ts'
import { factProblem, type Host } from '../host.ts'
import { artifactExtension, formName, isStream, type Artifact, type Manifest } from '../manifest.ts'
import type { ProfileZone } from '../profile.ts'
import { secondsToFetch } from './expected-seconds.ts'
import { receiverOf, whyNotReceived } from '../zfs/receivers.ts'

/** Whether the host has ZFS, as its facts say. */
export function hasZfs(host: Pick<Host, 'facts'>): boolean {
  return host.facts['zfs'] === 'true'
}

/**
 * A wanted form if the host can take it; with `auto` a ZFS stream where there is ZFS, else the archive that is there soonest.
 * Never one that builds on another version, which the host may lack: core/plan/forms.ts.
 * @throws NoUsableArtifact
 */
export function chooseArtifact(manifest: Manifest, host: Host, form: ProfileZone['form']): Artifact {
  const { template, version, artifacts } = manifest
  const usable = artifacts.filter((artifact) => canTake(host, artifact))
  const wanted =
    form === 'auto'
      ? usable.toSorted(byPreference)[0]
      : usable.find((artifact) => {
          const extension = artifactExtension(artifact)
          return extension === form || (form === 'zfs' && artifact.format === 'zfs')
        })
  if (wanted) return wanted
  const there = artifacts.map((artifact) => describe(host, artifact, manifest)).join(', ') || 'no artifacts'
  throw new ProvisionError(
    'conflict',
    'NoUsableArtifact',
    `${template}@${version} has ${there}; host ${host.name} (${host.release}${hasZfs(host) ? ', zfs' : ', no zfs'}) needs ${form === 'auto' ? 'another form' : form}`,
  )
}

/** `zfs (the host has no ZFS)` */
function describe(host: Host, artifact: Artifact, manifest: Manifest): string {
  const why = whyNot(host, artifact)
  return formName(artifact, manifest) + (why === undefined ? '' : ` (${why})`)
}

/** Whether the host can take it as a whole. */
function canTake(host: Host, artifact: Artifact): boolean {
  const isWhole = artifact.format !== 'zfs-incremental' && artifact.format !== 'layer'
  return isWhole && whyNot(host, artifact) === undefined
}

/** Why a host cannot use this form; undefined: it can. What is received is a file system as it was: only archives get a `root/` there. */
export function whyNot(host: Host, artifact: Artifact): string | undefined {
  const { format, compression, layout, zfs } = artifact
  if (format === 'flar') return 'a flash archive is for JumpStart and flar, not for zones.sh'
  if (isStream(artifact)) {
    const problem = factProblem(host.facts, 'zfs') ?? factProblem(host.facts, 'zpool')
    if (problem !== undefined) return problem
    if (!hasZfs(host)) return 'the host has no ZFS'
    if (layout === 'zoneroot')
      return 'it holds a zoneroot, expected a zonepath: template convert makes an archive of it'
    const refused = zfs && whyNotReceived(receiverOf(host), zfs)
    if (refused !== undefined) return refused
  }
  // Solaris 10 brings gzip and bzip2; zstd and xz came later
  if (host.release.startsWith('s10') && (compression === 'zstd' || compression === 'xz'))
    return `Solaris 10 has no ${compression}`
  return undefined
}

function byPreference(a: Artifact, b: Artifact): number {
  return Number(b.format === 'zfs') - Number(a.format === 'zfs') || bySpeed(a, b)
}

/** What is there soonest first; of those the smallest. */
export function bySpeed(a: Artifact, b: Artifact): number {
  return secondsToFetch(a) - secondsToFetch(b) || a.size - b.size
}
