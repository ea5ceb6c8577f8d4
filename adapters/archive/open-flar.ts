// Reads a flash archive as it comes: what stands in front is told at once, then its payload is unpacked (jumpstart.md 4).
import { refusal } from '#core/archive/refusals.ts'
import { SNIFF_BYTES, describeUnknown, sniffFormat } from '#core/archive/sniff.ts'
import { flarFactsOf } from '#core/flar/facts.ts'
import { archivedSize } from '#core/flar/identification.ts'
import type { FlarPreamble } from '#core/flar/reader.ts'
import type { FlarFacts } from '#core/manifest.ts'
import { peek } from './peek.ts'
import { readFlar, type FlarEnding } from './read-flar.ts'
import { uncompress } from './uncompress.ts'

export interface OpenFlar {
  preamble: FlarPreamble
  facts: FlarFacts
  /** what the payload is, unpacked; pax is tar */
  format: 'tar' | 'cpio'
  payload: AsyncIterable<Uint8Array>
}

/** Lets the unpacked payload pass, and may stop it. */
type Watch = (payload: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * `source` is read up to its payload; the rest is read with that. Whether its size is what the archive says shows at its end.
 * @throws FlarInvalid for one that no template can be made of, CorruptStream, TruncatedStream, TooManyBytes
 */
export async function openFlar(
  source: AsyncIterable<Uint8Array>,
  watch: Watch = (payload) => payload,
): Promise<OpenFlar> {
  const { preamble, stored } = await readFlar(source, checkEnding)
  const outer = await peek(stored)
  const facts = flarFactsOf(preamble, outer.head.subarray(0, SNIFF_BYTES))
  const unpacked = facts.payloadCompression === 'compress' ? uncompress(outer.all) : outer.all
  const inner = await peek(watch(unpacked))
  const format = facts.archiver === 'pax' ? 'tar' : 'cpio'
  if (sniffFormat(inner.head) === format) return { preamble, facts, format, payload: inner.all }
  throw refusal(
    'FlarInvalid',
    `the archive section is ${sniffFormat(inner.head) ?? describeUnknown(inner.head)}, expected ${facts.archiver} as files_archived_method says`,
  )
}

/** @throws TruncatedStream, FlarInvalid when the size is not what the archive says */
function checkEnding(
  { problems: [problem], payloadBytes }: FlarEnding,
  { identification }: FlarPreamble,
): void {
  if (!problem) return
  const isShort = payloadBytes < (archivedSize(identification) ?? 0)
  throw refusal(
    isShort ? 'TruncatedStream' : 'FlarInvalid',
    `${problem.message}: expected ${isShort ? 'the whole archive' : 'the size that it has, or no such key'}`,
  )
}
