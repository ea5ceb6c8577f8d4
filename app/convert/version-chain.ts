// The ZFS streams that together give a version's file system.
import { defaultZpl, type ConversionTarget, type ZplVersion } from '#core/conversion/target.ts'
import { ProvisionError } from '#core/errors.ts'
import { isStream, type Artifact, type Manifest } from '#core/manifest.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import { byCost, findStreamChain } from '../stream-chain.ts'

export type StreamChain = readonly [Artifact, ...Artifact[]]

/** A full one, or an increment with all that it builds on before it. Undefined when there is none. */
export async function versionChain(
  manifest: Manifest,
  catalog: TemplateCatalog,
  zpl: ZplVersion = defaultZpl,
): Promise<StreamChain | undefined> {
  const [best] = manifest.artifacts
    .filter(isStream)
    .toSorted((a, b) => unfitness(a, zpl) - unfitness(b, zpl) || byCost(a, b))
  if (best?.format === 'zfs') return [best]
  const [first, ...rest] =
    (best?.guid !== undefined && (await findStreamChain(best.guid, manifest, { catalog }))) || []
  return first && [first, ...rest]
}

/** How badly an artifact fits, to choose among several: best is a full one of this ZPL version, then one that every receiver takes. */
function unfitness({ format, zfs }: Artifact, zpl: ZplVersion): number {
  const isOther = zfs?.zplVersion !== undefined && zfs.zplVersion !== zpl
  return (format === 'zfs' ? 0 : 4) + (isOther ? 2 : 0) + (zfs && zfs.features.length > 0 ? 1 : 0)
}

/**
 * What an increment of a version builds on: of the streams of its origin the one that fits best. Undefined when a full stream has nothing to build on.
 * @throws NoOriginStream when `to` is an increment
 */
export async function originChain(
  { template, version, origin }: Manifest,
  { to, zpl }: { to: ConversionTarget; zpl?: ZplVersion | undefined },
  catalog: TemplateCatalog,
): Promise<StreamChain | undefined> {
  const from = origin && (await catalog.findVersion(origin.template, origin.version))
  const chain = from && (await versionChain(from.manifest, catalog, zpl))
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
