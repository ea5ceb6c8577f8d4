// Makes forms of a tree and reads each back: what comes out is the tree that went in.
import { assertSameTree } from '#core/conversion/same-tree.ts'
import { treeLines } from '#core/conversion/tree-lines.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact } from '#core/manifest.ts'
import type { ArtifactIndex, ArtifactIndexer, SortEntries } from '../ports/archives.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ConversionRequest, Convert, ConvertedForm } from '../ports/conversion.ts'
import type { OpenedSource } from './choose-source.ts'
import { readStored, until } from './read-stored.ts'

export interface MakingNeeds {
  catalog: TemplateCatalog
  blobs: BlobStore
  indexer: ArtifactIndexer
  convert: Convert
  sortEntries: SortEntries
}

export interface FormsRequest extends ConversionRequest {
  origin?: OpenedSource
}

/** A form that is stored and belongs to nobody yet. Close its index when its entries have been read. */
export interface MadeForm {
  artifact: Artifact
  index: ArtifactIndex
  /** what its source had and it has not, in words */
  lost: readonly string[]
}

/**
 * `onVerify` is called between writing and reading back. The request's origin is closed.
 * @throws ConversionDiffers, and what Convert throws
 */
export async function makeForms(
  request: FormsRequest,
  needs: MakingNeeds,
  onVerify: () => void = () => undefined,
): Promise<MadeForm[]> {
  const forms = await convert(request, needs)
  onVerify()
  const made: MadeForm[] = []
  try {
    for (const form of forms) made.push(await verified(form, request, needs))
    return made
  } catch (error) {
    await closeForms(made)
    throw error
  }
}

async function convert(request: FormsRequest, needs: MakingNeeds): Promise<ConvertedForm[]> {
  try {
    return await needs.convert(request)
  } finally {
    await request.origin?.close()
  }
}

export async function closeForms(made: readonly MadeForm[]): Promise<void> {
  for (const { index } of made) await index.close()
}

/** The indexes of those that have one, as the catalog takes them. */
export function indexesOf(made: readonly MadeForm[]): Map<string, AsyncIterable<Entry>> {
  return new Map(
    made.flatMap(({ artifact, index }) =>
      artifact.entries === undefined ? [] : [[artifact.sha256, index.entries]],
    ),
  )
}

/** Reads a form as it was stored, and compares. @throws ConversionDiffers */
async function verified(
  { format, blob, layout, lost = [] }: ConvertedForm,
  { source, origin, signal }: FormsRequest,
  needs: MakingNeeds,
): Promise<MadeForm> {
  const index = await readStored(blob.sha256, origin?.artifacts ?? [], needs, signal)
  try {
    if (index.facts.format !== format || index.facts.layout !== layout)
      throw new Error(
        `${blob.sha256} reads as ${index.facts.format} of a ${index.facts.layout}, expected ${format} of a ${layout}`,
      )
    const isAlike = source.layout === layout
    const lines = (entries: () => AsyncIterable<Entry>, places: ArchiveLayout) =>
      needs.sortEntries(() => until(signal, treeLines(entries, isAlike ? 'zoneroot' : places)))
    await assertSameTree(
      lines(source.entries, source.layout),
      lines(() => index.entries, layout),
    )
    const { sha256, zfs } = source.artifacts.at(-1) ?? source.artifacts[0]
    const archive = zfs ? zfs.sameTreeAs : sha256
    const read = index.facts.zfs
    const facts = read && {
      zfs: { ...read, notices: [...read.notices, ...lost], ...(archive && { sameTreeAs: archive }) },
    }
    return { artifact: { ...index.facts, ...facts, ...blob, derivedFrom: sha256 }, index, lost }
  } catch (error) {
    await index.close()
    throw error
  }
}
