// The names that are one file in an archive, as bytes.
import type { BlobStore } from '#app/ports/blobs.ts'
import type { ConversionSource } from '#app/ports/conversion.ts'
import { showsByte } from '#core/archive/encode-name.ts'
import { groupLinks, type LinkGroups } from '#core/packaging/link-groups.ts'
import { ArchiveSource } from '../zfs/sources/archive.ts'

type Pair = [first: string, name: string]

/** By the index, unless it shows a name of which it does not tell the bytes: then by the archive, which is passed once more. */
export async function linkGroupsOf(
  source: ConversionSource,
  { blobs, signal }: { blobs: BlobStore; signal: AbortSignal },
): Promise<LinkGroups> {
  const pairs = (await pairsOfIndex(source)) ?? (await pairsOfArchive(source, blobs, signal))
  return groupLinks(pairs, () => false)
}

async function pairsOfIndex({ entries }: ConversionSource): Promise<Pair[] | undefined> {
  const pairs = new Pairs()
  for await (const { type, path, link } of entries()) {
    if (type !== 'hardlink' || link === undefined) continue
    if (showsByte(link) || showsByte(path)) return undefined
    pairs.add(Buffer.from(link), Buffer.from(path))
  }
  return pairs.all
}

async function pairsOfArchive(
  { artifacts: [{ sha256 }], entries }: ConversionSource,
  blobs: BlobStore,
  signal: AbortSignal,
): Promise<Pair[]> {
  const pairs = new Pairs()
  const archive = new ArchiveSource(() => blobs.open(sha256), { index: entries, signal })
  for await (const { path, linkTo } of archive.entries()) if (linkTo) pairs.add(joined(linkTo), joined(path))
  return pairs.all
}

/** Each further name with the first one, which is a name of its own. */
class Pairs {
  readonly all: Pair[] = []
  readonly #firsts = new Set<string>()

  add(firstBytes: Buffer, nameBytes: Buffer): void {
    const [first, name] = [firstBytes.toString('latin1'), nameBytes.toString('latin1')]
    if (!this.#firsts.has(first)) this.all.push([first, first])
    this.#firsts.add(first)
    this.all.push([first, name])
  }
}

function joined(path: readonly Uint8Array[]): Buffer {
  return Buffer.from(path.map((name) => Buffer.from(name).toString('latin1')).join('/'), 'latin1')
}
