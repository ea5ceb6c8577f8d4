// Where the zone of the origin's version is: on this build host if it was made here, else in the blob store.
import { importedZone, zonesRootOf, type OriginPlace, type PackagedTree } from '#core/build/plan.ts'
import { ZONEADM } from '#core/build/commands/tools.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { parseZoneLine } from '#core/packaging/zone-line.ts'
import { detachedXml } from '#core/plan/flash-config.ts'
import type { TemplateCatalog } from '../../ports/catalog.ts'
import type { HostShell } from '../../ports/hosts.ts'
import { findDataset, guidOf, snapshotName } from '../../zone-snapshot.ts'
import type { StepContext } from '../step.ts'

/** Undefined for a recipe that is installed from a source. @throws VersionNotFound, OriginUnusable, HostUnreachable */
export async function findOrigin(
  { build, host, shell }: StepContext,
  catalog: TemplateCatalog,
): Promise<OriginPlace | undefined> {
  const { origin } = build.inputs
  if (origin === undefined) return undefined
  const { manifest, state } = await catalog.getVersion(origin.template, origin.version)
  if (state !== 'ready')
    throw new ProvisionError(
      'conflict',
      'OriginUnusable',
      `the origin ${origin.template}@${origin.version} is ${state}, expected ready`,
    )
  const imported = importedZone(origin, host)
  const names = [...(manifest.madeFrom?.host === host.name ? [manifest.madeFrom.zone] : []), imported.name]
  for (const name of names) {
    const path = await zonepathIfThere(shell, name)
    if (path === undefined) continue
    const snapshot = await findSnapshot(shell, path, manifest)
    // a zone that somebody made by hand may have changed since
    if (snapshot === undefined && name !== imported.name && manifest.madeBy !== 'build') continue
    return { zone: { name, path }, ...(snapshot !== undefined && { snapshot }) }
  }
  const tree = await chooseTree(shell, manifest, { zone: imported.name, zonepath: imported.path, host })
  const dataset = await findDataset(shell, zonesRootOf(host))
  // what is received keeps the name and the guid of the snapshot it was sent from
  const snapshot = dataset && snapshotName(`${dataset}/${imported.name}`, manifest.version)
  if (!snapshot || !isSentFrom(manifest, tree, snapshot)) return { zone: imported, import: tree }
  return { zone: imported, import: tree, snapshot }
}

/** Whether the stream was sent from a snapshot of this name: one that packaging took, of a detached zone. */
function isSentFrom({ artifacts }: Manifest, { sha256 }: PackagedTree, snapshot: string): boolean {
  const sent = artifacts.find((artifact) => artifact.sha256 === sha256)?.snapshot
  return sent !== undefined && sent.split('@')[1] === snapshot.split('@')[1]
}

async function zonepathIfThere(shell: HostShell, zone: string): Promise<string | undefined> {
  const output = await shell.run([ZONEADM, '-z', zone, 'list', '-p']).catch((error: unknown) => {
    if (error instanceof ProvisionError && error.code === 'CommandFailed') return undefined
    throw error
  })
  if (output === undefined) return undefined
  const { zonepath, state } = parseZoneLine(output)
  // configured and without a tree, or half installed: nothing to clone
  if (state === 'incomplete') return undefined
  return (await isDirectory(shell, `${zonepath}/root`)) ? zonepath : undefined
}

async function isDirectory(shell: HostShell, path: string): Promise<boolean> {
  return shell
    .run(['/bin/sh', '-c', 'test -d "$1" && echo yes || echo no', 'test', path])
    .then((said) => said.trim() === 'yes')
}

/** The snapshot that the origin's stream was sent from. */
async function findSnapshot(
  shell: HostShell,
  zonepath: string,
  manifest: Manifest,
): Promise<string | undefined> {
  const guid = manifest.artifacts.find(({ format }) => format === 'zfs')?.guid
  const dataset = guid === undefined ? undefined : await findDataset(shell, zonepath)
  if (dataset === undefined) return undefined
  const snapshot = snapshotName(dataset, manifest.version)
  return (await guidOf(shell, snapshot)) === guid ? snapshot : undefined
}

/** The stream where the host's zones are on ZFS, else the archive that is read fastest. @throws OriginUnusable */
export async function chooseTree(
  shell: HostShell,
  manifest: Manifest,
  { zone, zonepath, host }: { zone: string; zonepath: string; host: StepContext['host'] },
): Promise<PackagedTree> {
  const hasZfs = (await findDataset(shell, zonesRootOf(host))) !== undefined
  const artifact = chooseArtifact(manifest.artifacts, hasZfs)
  const { template, version } = manifest
  if (!artifact)
    throw new ProvisionError(
      'conflict',
      'OriginUnusable',
      `${template}@${version} has no artifact that host ${host.name} can take, expected an archive${hasZfs ? ' or a ZFS stream' : ''}`,
    )
  const { format } = artifact
  return {
    sha256: artifact.sha256,
    format,
    layout: artifact.layout ?? 'zonepath',
    detachedXml: detachedXml(manifest, { zone, zonepath, release: host.release }),
    what: `${template}@${version} as ${format}`,
  }
}

type WholeArtifact = Artifact & { format: PackagedTree['format'] }

function chooseArtifact(artifacts: readonly Artifact[], hasZfs: boolean): WholeArtifact | undefined {
  for (const format of hasZfs ? (['zfs', 'tar', 'cpio'] as const) : (['tar', 'cpio'] as const)) {
    // what is received gets no `root/` around it: that takes an archive
    const found = artifacts.find(
      (artifact) => artifact.format === format && !(format === 'zfs' && artifact.layout === 'zoneroot'),
    )
    if (found) return { ...found, format }
  }
  return undefined
}
