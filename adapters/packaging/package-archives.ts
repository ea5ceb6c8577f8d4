// One pass over a zone's root: tar.gz, tar.zst and cpio.gz in the blob store, and their common index. Memory does not grow with the tree.
import type { PackagedArchives, ZoneTree } from '#app/package-zone.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import { ArtifactName } from '#core/recipe/artifact-name.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import { CanonicalMembers } from './canonical-members.ts'
import type { EntryLimits } from '#core/archive/entry-policy.ts'
import { Packing, type ArchiveForm } from './packing.ts'
import { emptiedDirectories } from '#core/packaging/left-out.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import type { SystemTree } from '#app/system-archive/system-tree.ts'
import { findPackCommand, listLinkGroups, type HostTree } from './read-tree.ts'

interface Needs {
  blobs: BlobStore
  limits: EntryLimits
  /** a directory that is swept, for the index while it grows */
  spoolDirectory: string
}

/** @throws CommandFailed, ZoneChanged, NoSpace and the codes of core/archive/refusals.ts; nothing is visible afterwards */
export function packageArchives(
  { zoneroot, brand, ...options }: ZoneTree,
  needs: Needs,
): Promise<PackagedArchives> {
  return packageTree({ root: zoneroot, emptied: emptiedDirectories(brand) }, options, needs)
}

/** The same of a host's own root, which lives meanwhile. @throws what packageArchives does */
export function packageSystem(
  { fileSystems, emptied, ...options }: SystemTree,
  needs: Needs,
): Promise<PackagedArchives> {
  const relative = (directory: string) => directory.slice(1) || '.'
  const tree = { root: '/', emptied: emptied.map(relative), fileSystems: fileSystems.map(relative) }
  return packageTree(tree, options, needs)
}

interface Options {
  shell: HostShell
  formats?: readonly ArtifactName[]
  signal: AbortSignal
  onProgress: (bytes: number) => void
}

async function packageTree(
  tree: HostTree,
  { shell, formats, signal, onProgress }: Options,
  needs: Needs,
): Promise<PackagedArchives> {
  const groups = await listLinkGroups(shell, tree)
  const source = await findPackCommand(shell, tree)
  const members = new CanonicalMembers({ emptied: new Set(tree.emptied), groups, limits: needs.limits })
  const spool = new EntrySpool(needs.spoolDirectory)
  const packing = new Packing(needs.blobs, spool, archivesOf(formats))
  try {
    const reader = source.open(members)
    const stream = source.stream(signal)
    let read = 0
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      reader.push(chunk)
      await packing.write(members.take())
      onProgress((read += chunk.byteLength))
    }
    reader.finish()
    members.finish()
    await packing.write(members.take())
    const artifacts = await packing.finish(members.entries)
    return { artifacts, entries: spool, close: () => spool.close() }
  } catch (error) {
    const first = await packing.abort(error)
    await spool.close()
    throw first
  }
}

const forms: Record<Exclude<ArtifactName, 'zfs'>, ArchiveForm> = {
  'tar.gz': { format: 'tar', compression: 'gzip' },
  'tar.zst': { format: 'tar', compression: 'zstd' },
  'cpio.gz': { format: 'cpio', compression: 'gzip' },
}

/** Which archives are made, all unless the caller says less; the index is an archive's. */
function archivesOf(names: readonly ArtifactName[] = ArtifactName.options): ArchiveForm[] {
  const archives = names.flatMap((name) => (name === 'zfs' ? [] : [forms[name]]))
  return archives.length > 0 ? archives : [forms['tar.zst']]
}
