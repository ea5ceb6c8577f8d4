// A version's layer against its origin: from both indexes and one pass over the version's own archive.
import { createHash } from 'node:crypto'
import type { LayerRequest, LayerOutcome } from '#app/make-layer.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import {
  isPlainName,
  LinkCollector,
  LinkedEntries,
  signatureOf,
  type LinkNames,
} from '#core/layer/entries.ts'
import { renderHead } from '#core/layer/head.ts'
import { listingLines } from '#core/layer/listing.ts'
import { LayerMerge, MAX_CHANGES, parseSideLine, renderSideLine, type SideLine } from '#core/layer/merge.ts'
import type { Artifact } from '#core/manifest.ts'
import { decompress } from '../archive/decompress.ts'
import { Packed, PIGZ, ZSTD } from '../packaging/packed.ts'
import { LayerTar } from './layer-tar.ts'
import { sortedLines } from './sorted-lines.ts'

interface Needs {
  blobs: BlobStore
  /** a directory that is swept, for what sorting keeps on disk */
  spoolDirectory: string
}

/** A layer of more than this part of the full form is not worth its risk of being fetched in vain. */
const WORTH = 0.8
const MAX_LINKS = 200_000

/** Nothing is visible afterwards but whole blobs. @throws NoSpace, CorruptStream, ProgramMissing */
export async function writeLayer(request: LayerRequest, needs: Needs): Promise<LayerOutcome> {
  const [oldNames, newNames] = [await linksOf(request.originEntries), await linksOf(request.entries)]
  if (!oldNames || !newNames)
    return { skipped: 'a name that a line of text cannot hold, or too many hard links' }
  const merge = await compare(request, { oldNames, newNames }, needs.spoolDirectory)
  if (!merge) return { skipped: `more than ${MAX_CHANGES} entries differ` }
  if (merge.changedBytes > merge.totalBytes * WORTH) {
    return { skipped: `${merge.changedBytes} of ${merge.totalBytes} bytes differ` }
  }
  const listing = await listingDigest(request.entries, newNames, needs.spoolDirectory)
  const head = renderHead({ origin: request.origin, base: request.base.sha256, listing })
  return pack(request, { head, merge }, needs)
}

/** undefined: this tree cannot be described in lines */
async function linksOf(entries: AsyncIterable<Entry>): Promise<LinkNames | undefined> {
  const links = new LinkCollector()
  for await (const entry of entries) {
    if (!isPlainName(entry.path) || !isPlainName(entry.link ?? '') || links.links > MAX_LINKS)
      return undefined
    links.add(entry)
  }
  return links.names
}

async function compare(
  { originEntries, entries }: LayerRequest,
  { oldNames, newNames }: { oldNames: LinkNames; newNames: LinkNames },
  directory: string,
): Promise<LayerMerge | undefined> {
  const merge = new LayerMerge()
  const both = async function* () {
    yield* sideLines(originEntries, 'old', oldNames)
    yield* sideLines(entries, 'new', newNames)
  }
  for await (const line of sortedLines(both(), directory)) {
    merge.add(parseSideLine(line))
    if (merge.changes > MAX_CHANGES) return undefined
  }
  merge.finish()
  return merge
}

async function* sideLines(
  entries: AsyncIterable<Entry>,
  side: SideLine['side'],
  names: LinkNames,
): AsyncGenerator<string> {
  const linked = new LinkedEntries(names)
  for await (const read of entries) {
    const { entry, names: group } = linked.resolve(read)
    const { path, type, size } = entry
    // contents count once
    const bytes = read.type === 'hardlink' ? 0 : size
    yield renderSideLine({ path, side, type, size: bytes, signature: signatureOf(entry, group) })
  }
}

async function listingDigest(
  entries: AsyncIterable<Entry>,
  names: LinkNames,
  directory: string,
): Promise<string> {
  const lines = async function* () {
    const linked = new LinkedEntries(names)
    for await (const read of entries) {
      const { entry, names: group } = linked.resolve(read)
      yield* listingLines(entry, group)
    }
  }
  const hash = createHash('sha256')
  for await (const line of sortedLines(lines(), directory)) hash.update(`${line}\n`)
  return hash.digest('hex')
}

async function pack(
  { full, base, artifacts, signal }: LayerRequest,
  { head, merge }: { head: string; merge: LayerMerge },
  { blobs }: Needs,
): Promise<LayerOutcome> {
  const kinds = [
    { compression: 'gzip', compressor: PIGZ },
    { compression: 'zstd', compressor: ZSTD },
  ] as const
  const outputs = kinds.flatMap(({ compression, compressor }) => {
    const whole = artifacts.find((one) => one.format === 'tar' && one.compression === compression)
    if (!whole) return []
    return [
      { compression, packed: new Packed(blobs, compressor, async ({ size }) => checkWorth(size, whole)) },
    ]
  })
  const tar = new LayerTar(merge.bring)
  const reader = new TarReader(tar)
  const flush = async (all: boolean) => {
    for (const chunk of tar.bytes.take(all))
      await Promise.all(outputs.map(({ packed }) => packed.give(chunk)))
  }
  try {
    tar.begins(head, merge.remove)
    const source = decompress(await blobs.open(full.sha256), full.compression)
    for await (const chunk of source) {
      signal.throwIfAborted()
      reader.push(chunk)
      await flush(false)
    }
    reader.finish()
    tar.finish()
    await flush(true)
  } catch (error) {
    await Promise.all(outputs.map(({ packed }) => packed.abort(error)))
    throw error
  }
  const layers: Artifact[] = []
  for (const { compression, packed } of outputs) {
    const stored = await packed.finish().catch(unlessNotWorth)
    if (stored) {
      layers.push({
        format: 'layer',
        compression,
        uncompressedSize: tar.bytes.written,
        base: base.sha256,
        ...stored,
      })
    }
  }
  return layers.length > 0 ? { layers } : { skipped: `no smaller than ${WORTH * 100} % of the full form` }
}

class NotWorth extends Error {}

function checkWorth(size: number, whole: Artifact): void {
  if (size >= whole.size * WORTH) throw new NotWorth()
}

function unlessNotWorth(error: unknown): undefined {
  if (error instanceof NotWorth) return undefined
  throw error instanceof Error ? error : new ProvisionError('unavailable', 'LayerFailed', String(error))
}
