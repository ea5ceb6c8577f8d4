// The global zone of a plan: which form of it comes, what it needs of the pool, what it is told before its first boot.
import { ProvisionError } from '../errors.ts'
import { isForMachine } from '../flar/template-facts.ts'
import { factProblem, nodenameOf, OsRelease, type Host } from '../host.ts'
import { familyOfRelease, formName, type Artifact, type Manifest } from '../manifest.ts'
import type { Profile, ProfileSystem } from '../profile.ts'
import { renderHostSysidcfg } from '../sysidcfg/host-sysidcfg.ts'
import { receiverOf, whyNotReceived } from '../zfs/receivers.ts'
import { artifactUrlPath } from './artifact-url.ts'
import { bySpeed } from './choose-artifact.ts'
import type { PlannedSystem } from './schema.ts'
import { systemFiles } from './system-files.ts'

interface SystemInput {
  system: ProfileSystem
  host: Host
  profile: Profile
  manifest: Manifest
}

/** @throws PlanConflict, NoUsableArtifact, SysidcfgValue */
export function planSystem({ system, host, profile, manifest }: SystemInput): PlannedSystem {
  const { template, version, osFamily, capturedZones = [] } = manifest
  const name = `${template}@${version}`
  if (manifest.kind !== 'system') {
    throw conflict(
      `the profile's system is ${name}, which is a zone: expected a template of kind system, the root of a global zone`,
    )
  }
  checkKinship(host, manifest)
  const twice = capturedZones.find((captured) => profile.zones.some((zone) => zone.name === captured.name))
  if (twice) throw conflict(`${name} brings a zone ${twice.name}, which is also a zone of the profile`)
  const artifact = chooseSystemArtifact(manifest, host, profile)
  const { format, compression, sha256, size } = artifact
  const nodename = nodenameOf(host)
  const rendered =
    osFamily === 'solaris10'
      ? renderHostSysidcfg({ ...host, release: releaseOf(manifest, host) }, profile.sysid)
      : undefined
  return {
    template,
    version,
    osFamily,
    format,
    compression,
    sha256,
    size,
    ...(format === 'zfs' && artifact.guid !== undefined && { guid: artifact.guid }),
    neededBytes: neededBytes(artifact),
    urlPath: artifactUrlPath(artifact, manifest),
    pool: system.pool,
    bootEnvironment: system.bootEnvironment ?? `${template}-${version}`.slice(0, 64),
    ...(system.compression !== undefined && { compressionProperty: system.compression }),
    ...(rendered && { sysidcfg: rendered.text }),
    touch: rendered?.touch ?? [],
    nodename,
    rootPassword: profile.sysid.rootPassword,
    timezone: profile.sysid.timezone,
    files: osFamily === 'illumos' ? systemFiles(host, nodename, profile.sysid) : [],
    oldEnvironment: system.oldEnvironment,
    capturedZones,
    interfaceMap: system.interfaceMap,
  }
}

/** What sysidtool of the golden system knows; nobody said: as the host. */
function releaseOf(manifest: Manifest, host: Host): OsRelease {
  return OsRelease.safeParse(manifest.osRelease).data ?? host.release
}

const processorOf: Readonly<Record<string, string>> = {
  sun4u: 'sparc',
  sun4us: 'sparc',
  sun4v: 'sparc',
  sparc: 'sparc',
  i86pc: 'x86',
  i386: 'x86',
  x86_64: 'x86',
  amd64: 'x86',
}

/** @throws PlanConflict for a system whose kernel the host's boot loader or processor does not start */
function checkKinship(
  { name: host, release, arch }: Host,
  { template, version, ...manifest }: Manifest,
): void {
  const family = familyOfRelease(release)
  if (manifest.osFamily !== family) {
    throw conflict(
      `${template}@${version} is a system of family ${manifest.osFamily}, host ${host} is one of ${family} (${release})`,
    )
  }
  const [theirs, ours] = [manifest.arch ?? arch, arch].map((machine) => processorOf[machine] ?? machine)
  if (theirs !== ours) {
    throw conflict(`${template}@${version} is for ${manifest.arch}, host ${host} is ${arch}`)
  }
}

/**
 * A ZFS stream; else the archive that is there soonest; else a flash archive, which JumpStart itself installs. Only that, when the
 * profile says how. @throws NoUsableArtifact
 */
function chooseSystemArtifact(manifest: Manifest, host: Host, { jumpstart }: Profile): Artifact {
  const usable = manifest.artifacts.filter(
    (artifact) => whyNotInstalled(artifact, host, jumpstart) === undefined,
  )
  const rank = ({ format }: Artifact) => (format === 'zfs' ? 0 : format === 'flar' ? 2 : 1)
  const [best] = usable.toSorted((a, b) => rank(a) - rank(b) || bySpeed(a, b))
  if (best) return best
  const there = manifest.artifacts
    .map((one) => `${formName(one, manifest)} (${whyNotInstalled(one, host, jumpstart)})`)
    .join(', ')
  throw new ProvisionError(
    'conflict',
    'NoUsableArtifact',
    `${manifest.template}@${manifest.version} has ${there || 'no artifacts'}; host ${host.name} (${host.release}) needs another form`,
  )
}

/** Why the host cannot be installed from this form; undefined: it can. */
function whyNotInstalled(
  artifact: Artifact,
  host: Host,
  jumpstart: Profile['jumpstart'],
): string | undefined {
  const { format, compression, layout, zfs } = artifact
  if (format === 'flar')
    return jumpstart ? whyNotByInstaller(artifact, host) : 'only JumpStart installs a flash archive'
  if (jumpstart?.flash) return 'the profile has jumpstart.flash, which is for a flash archive'
  if (format === 'zfs-incremental' || format === 'layer') return 'it is no whole system'
  if (layout !== 'zoneroot') return 'it holds a zonepath, expected the root of a global zone'
  const isOld = host.release.startsWith('s10')
  if (isOld && (compression === 'zstd' || compression === 'xz')) return `Solaris 10 has no ${compression}`
  if (format !== 'zfs') return undefined
  const problem = factProblem(host.facts, 'zpool')
  return problem ?? (zfs && whyNotReceived(receiverOf(host), zfs))
}

/** An installer looks for its own machine in the list of the archive (jumpstart.md 4.2). */
function whyNotByInstaller({ flar }: Artifact, { arch }: Host): string | undefined {
  const { architectures = [] } = flar ?? {}
  if (isForMachine(architectures, arch)) return undefined
  return `it is for ${architectures.join(', ')}, the host is ${arch}`
}

/** A block at the end of each file, with sectors of 4 KiB; it also covers what a pool keeps twice of its directories. */
const PER_FILE = 4096
/** What a file system has of its own. */
const PER_FILE_SYSTEM = 16 * 1024 * 1024

/**
 * Bytes that it takes in the pool, about, if nothing is compressed there: what the source's pool compressed travels as it was
 * before, unless it was sent compressed. Holes do not travel, so the size of the source's disk has no part in it.
 */
function neededBytes({ uncompressedSize, entries = 0, zfs }: Artifact): number {
  return uncompressedSize + PER_FILE * Math.max(entries, zfs?.objects ?? 0) + PER_FILE_SYSTEM
}

function conflict(message: string): ProvisionError {
  return new ProvisionError('conflict', 'PlanConflict', message)
}
