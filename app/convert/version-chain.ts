// The ZFS streams that together give a version's file system.
import type { ConversionTarget } from '#core/conversion/target.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import { findStreamChain } from '../stream-chain.ts'

export type StreamChain = readonly [Artifact, ...Artifact[]]

/** A full one, or an increment with all that it builds on before it. Undefined when there is none. */
export async function versionChain(
  manifest: Manifest,
  catalog: TemplateCatalog,
): Promise<StreamChain | undefined> {
  const full = manifest.artifacts.find(({ format }) => format === 'zfs')
  if (full) return [full]
  const guid = manifest.artifacts.find(({ format }) => format === 'zfs-incremental')?.guid
  const [first, ...rest] = (guid !== undefined && (await findStreamChain(guid, manifest, { catalog }))) || []
  return first && [first, ...rest]
}

/**
 * What an increment of a version builds on. Undefined when a full stream has nothing to build on.
 * @throws NoOriginStream when `to` is an increment
 */
export async function originChain(
  { template, version, origin }: Manifest,
  to: ConversionTarget,
  catalog: TemplateCatalog,
): Promise<StreamChain | undefined> {
  const from = origin && (await catalog.findVersion(origin.template, origin.version))
  const chain = from && (await versionChain(from.manifest, catalog))
  if (chain || to !== 'izfs') return chain
  const name = `${template}@${version}`
  throw new ProvisionError(
    'conflict',
    'NoOriginStream',
    origin
      ? `${name} builds on ${origin.template}@${origin.version}, which has no ZFS stream: convert that to zfs first`
      : `${name} has no origin, expected a version that was cloned from another`,
  )
}
