// The layers of a version: what its archives changed of its origin's, for hosts that have the origin.
import type { Entry } from '#core/entry.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

export interface LayerRequest {
  origin: { template: string; version: string }
  /** an archive of the origin, for its digest */
  base: Artifact
  /** index of the origin's archive; both are read several times */
  originEntries: AsyncIterable<Entry>
  entries: AsyncIterable<Entry>
  /** an archive of the version, read once */
  full: Artifact
  /** all archives of the version */
  artifacts: readonly Artifact[]
  signal: AbortSignal
}

/** None when the layer would not be worth it, with the reason. */
export type LayerOutcome = { layers: Artifact[] } | { skipped: string }

export type WriteLayer = (request: LayerRequest) => Promise<LayerOutcome>

interface Version {
  origin: Manifest | undefined
  artifacts: readonly Artifact[]
  entries: AsyncIterable<Entry>
  signal: AbortSignal
}

/** For versions and origins that are tars of a zoneroot. @throws what writeLayer throws */
export async function makeLayers(
  { origin, artifacts, entries, signal }: Version,
  { catalog, writeLayer }: { catalog: Pick<TemplateCatalog, 'entries'>; writeLayer: WriteLayer },
): Promise<LayerOutcome> {
  if (!origin) return { skipped: 'it has no origin' }
  const base = origin.artifacts.find(isTarOfRoot)
  // the one that decompresses fastest
  const full = artifacts.filter(isTarOfRoot).toSorted((a, b) => rank(a) - rank(b))[0]
  if (!full) return { skipped: 'it has no tar of a zoneroot itself' }
  if (!base) return { skipped: `${origin.template}@${origin.version} has no tar of a zoneroot` }
  return writeLayer({
    origin: { template: origin.template, version: origin.version },
    base,
    // each reading is a query of its own
    originEntries: { [Symbol.asyncIterator]: () => catalog.entries(base.sha256)[Symbol.asyncIterator]() },
    entries,
    full,
    artifacts,
    signal,
  })
}

function isTarOfRoot({ format, layout }: Artifact): boolean {
  return format === 'tar' && layout === 'zoneroot'
}

function rank({ compression }: Artifact): number {
  return compression === 'zstd' ? 0 : 1
}
