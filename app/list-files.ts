// The files inside a version, from the index of one of its archives.
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import { artifactExtension } from '#core/manifest.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Wanted {
  template: string
  version: string
  /** `tar`, `cpio` or an extension such as `tar.gz`; by default the first archive there is */
  format: string | undefined
  /** only this path and what lies below it */
  prefix: string | undefined
}

/** Entries in archive order, as a stream. @throws VersionNotFound, NoIndex when no such archive is there */
export async function listFiles(
  wanted: Wanted,
  { catalog }: { catalog: TemplateCatalog },
): Promise<AsyncIterable<Entry>> {
  const { manifest } = await catalog.getVersion(wanted.template, wanted.version)
  const indexed = manifest.artifacts.filter((artifact) => artifact.entries !== undefined)
  const { format } = wanted
  const artifact = indexed.find(
    (one) => format === undefined || one.format === format || artifactExtension(one) === format,
  )
  if (!artifact) {
    const there = indexed.map(artifactExtension).join(', ') || 'none'
    throw new ProvisionError(
      'missing',
      'NoIndex',
      `version ${wanted.template}@${manifest.version} has no ${format ?? 'archive'} with an index, it has: ${there}`,
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
