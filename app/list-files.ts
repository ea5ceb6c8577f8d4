// The files inside a version, from the index of one of its artifacts.
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import { artifactExtension } from '#core/manifest.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Wanted {
  template: string
  version: string
  /** `tar`, `cpio`, `zfs` or an extension such as `tar.gz`; by default the first archive there is, else the first stream */
  format: string | undefined
  /** only this path and what lies below it */
  prefix: string | undefined
}

/** Entries in archive order, as a stream. @throws VersionNotFound, NoIndex when no such artifact is there */
export async function listFiles(
  wanted: Wanted,
  { catalog }: { catalog: TemplateCatalog },
): Promise<AsyncIterable<Entry>> {
  const { manifest } = await catalog.getVersion(wanted.template, wanted.version)
  const indexed = manifest.artifacts
    .filter((artifact) => artifact.entries !== undefined)
    .toSorted((a, b) => Number(a.guid !== undefined) - Number(b.guid !== undefined))
  const { format } = wanted
  const artifact = indexed.find(
    (one) => format === undefined || one.format === format || artifactExtension(one) === format,
  )
  if (!artifact) {
    const there = indexed.map(artifactExtension).join(', ') || 'none'
    throw new ProvisionError(
      'missing',
      'NoIndex',
      `version ${wanted.template}@${manifest.version} has no ${format ?? 'artifact'} with an index, it has: ${there}`,
    )
  }
  return below(catalog.entries(artifact.sha256), wanted.prefix)
}

async function* below(entries: AsyncIterable<Entry>, prefix: string | undefined): AsyncIterable<Entry> {
  const top = (prefix ?? '').replace(/^\.?\/+|\/+$/g, '')
  for await (const entry of entries) {
    if (top === '' || entry.path === top || entry.path.startsWith(`${top}/`)) yield entry
  }
}
