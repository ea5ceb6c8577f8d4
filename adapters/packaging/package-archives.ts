/** One pass over a zone's root: tar.gz, tar.zst and cpio.gz in the blob store, and their common index. Memory does not grow with the tree. */
import type { PackagedArchives, ZoneTree } from '#app/package-zone.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import type { Artifact } from '#core/manifest.ts'
import { ArtifactName } from '#core/recipe/artifact-name.ts'
import { EntrySpool } from '../archive/entry-spool.ts'
import { ArchiveWriters } from './archive-writers.ts'
import { CanonicalMembers, type ArchiveEvent } from './canonical-members.ts'
import type { EntryLimits } from '#core/archive/entry-policy.ts'
import { Packed, PIGZ, ZSTD } from './packed.ts'
import { findZonerootSource, listLinkGroups } from './read-zoneroot.ts'

interface Needs {
  blobs: BlobStore
  limits: EntryLimits
  /** a directory that is swept, for the index while it grows */
  spoolDirectory: string
}

/** Zeros of a hole, given out in pieces of this size. */
const ZEROS = Buffer.alloc(256 * 1024)

/** @throws CommandFailed, ZoneChanged, NoSpace and the codes of core/archive/refusals.ts; nothing is visible afterwards */
export async function packageArchives(tree: ZoneTree, needs: Needs): Promise<PackagedArchives> {
  const { shell, zoneroot, brand, signal, onProgress } = tree
  const groups = await listLinkGroups(shell, zoneroot, brand)
  const source = await findZonerootSource(shell, zoneroot, brand)
  const members = new CanonicalMembers({ brand, groups, limits: needs.limits })
  const spool = new EntrySpool(needs.spoolDirectory)
  const packing = new Packing(needs.blobs, spool, tree.formats)
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

/** Which archives are made unless the caller says less, each with its compressor. */
const compressors = { 'tar.gz': PIGZ, 'tar.zst': ZSTD, 'cpio.gz': PIGZ } as const
type ArchiveName = keyof typeof compressors

const isArchive = (format: ArtifactName): format is ArchiveName => format !== 'zfs'

/** The index is an archive's. */
function archivesOf(formats: readonly ArtifactName[] = ArtifactName.options): ArchiveName[] {
  const archives = formats.filter(isArchive)
  return archives.length > 0 ? archives : ['tar.zst']
}

/** The archives while they grow. */
class Packing {
  readonly #spool: EntrySpool
  readonly #writers: ArchiveWriters
  readonly #packed: { name: ArchiveName; packed: Packed }[]

  constructor(blobs: BlobStore, spool: EntrySpool, formats?: readonly ArtifactName[]) {
    this.#spool = spool
    this.#writers = new ArchiveWriters((entry) => spool.add(entry))
    const names = archivesOf(formats)
    this.#packed = names.map((name) => ({ name, packed: new Packed(blobs, compressors[name]) }))
  }

  async write(events: readonly ArchiveEvent[]): Promise<void> {
    for (const event of events) {
      if (typeof event === 'number') await this.#writeZeros(event)
      else if (event === 'end') this.#writers.end()
      else if (event instanceof Uint8Array) this.#writers.data(event)
      else this.#writers.begin(event)
    }
    await this.#flush()
  }

  async finish(entries: number): Promise<Artifact[]> {
    this.#writers.finish()
    await this.#flush(true)
    await this.#spool.flush(true)
    const { tar, cpio } = this.#writers
    const common = { layout: 'zoneroot', entries } as const
    const artifacts: Artifact[] = []
    for (const { name, packed } of this.#packed) {
      if (name !== 'cpio.gz') {
        const compression = name === 'tar.gz' ? 'gzip' : 'zstd'
        const stored = await packed.finish()
        artifacts.push({ ...common, format: 'tar', compression, uncompressedSize: tar.written, ...stored })
      } else if (cpio) {
        const uncompressedSize = cpio.written
        const stored = await packed.finish()
        artifacts.push({ ...common, format: 'cpio', compression: 'gzip', uncompressedSize, ...stored })
      } else {
        await packed.abort(new Error('a file is too large for cpio'))
      }
    }
    return artifacts
  }

  /** Ends the compressors; returns the failure that came first: a broken pipe is not the reason for a full disk. */
  async abort(error: unknown): Promise<unknown> {
    const failures = await Promise.all(this.#packed.map(({ packed }) => packed.abort(error)))
    return failures.find((failure) => failure !== error && failure !== undefined) ?? error
  }

  async #writeZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.byteLength) {
      this.#writers.data(ZEROS.subarray(0, left))
      await this.#flush()
    }
  }

  async #flush(all = false): Promise<void> {
    const [tars, cpios] = [this.#of('tar'), this.#of('cpio')]
    for (const chunk of this.#writers.tar.take(all)) await Promise.all(tars.map((one) => one.give(chunk)))
    for (const chunk of this.#writers.cpio?.take(all) ?? [])
      await Promise.all(cpios.map((one) => one.give(chunk)))
    await this.#spool.flush()
  }

  #of(kind: 'tar' | 'cpio'): Packed[] {
    return this.#packed.flatMap(({ name, packed }) => (name.startsWith(kind) ? [packed] : []))
  }
}
