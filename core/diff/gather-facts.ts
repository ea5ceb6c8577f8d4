// Gathers all facts of one version: its index once or twice, and its archive once.
import { ChosenFiles, type ReadChosen } from '../archive/chosen-files.ts'
import { pathInZone } from '../archive/zone-path.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'
import { Facts, type FactSource } from './facts.ts'
import { accountTables } from './facts/accounts.ts'
import { dpkgPackages, svr4Packages, unlistedPackages } from './facts/packages.ts'
import { declaredPorts } from './facts/ports.ts'
import { bootLinks, smfServices } from './facts/services.ts'
import { setuidFiles } from './facts/setuid.ts'

const sources: readonly FactSource[] = [
  dpkgPackages,
  svr4Packages,
  unlistedPackages,
  accountTables,
  bootLinks,
  smfServices,
  declaredPorts,
  setuidFiles,
]

/** More packages, manifests and configuration files than any zone has. */
const MAX_READ = 100_000

export interface FactSubject {
  layout: ArchiveLayout
  entries: () => AsyncIterable<Entry>
  read: ReadChosen
}

export async function gatherFacts({ layout, entries, read }: FactSubject): Promise<Facts> {
  const facts = new Facts()
  const chosen = new ChosenFiles<FactSource>(MAX_READ)
  for await (const raw of entries()) {
    const path = pathInZone(raw.path, layout)
    if (path === undefined) continue
    const entry = { ...raw, path }
    for (const source of sources) {
      source.entry?.(entry, facts)
      const isFile = entry.type === 'file' || entry.type === 'hardlink'
      const bytes = isFile ? (source.reads?.(entry) ?? 0) : 0
      if (bytes > 0) chosen.want(raw, bytes, { path, by: source })
    }
  }
  for await (const { contents, readers } of chosen.read(read, entries))
    for (const { path, by } of readers) by.contents?.(path, contents, facts)
  return facts
}
