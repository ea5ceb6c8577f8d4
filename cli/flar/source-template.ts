// A flash archive's payload from a version on the server, as it comes: nothing of it lies on disk in between.
import { createHash } from 'node:crypto'
import { decompress } from '#adapters/archive/decompress.ts'
import { peek } from '#adapters/archive/peek.ts'
import { readFlar } from '#adapters/archive/read-flar.ts'
import type { Archiver } from '#core/flar/archiver.ts'
import { saidPayload } from '#core/flar/facts.ts'
import { unarchivedSize } from '#core/flar/identification.ts'
import { flarDescriptionOf, flarSectionsOf } from '#core/flar/template-facts.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { Client } from '../client.ts'
import { openClient } from '../command.ts'
import { ensureForm } from '../ensure-form.ts'
import { refused, usageFailure } from '../failures.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'
import type { FlarSource } from './source.ts'
import type { DirectoryOptions } from './source-directory.ts'

/** What is known before the payload comes, and the payload. */
type Wrapped = Pick<FlarSource, 'compression' | 'archivedSize' | 'unarchivedSize' | 'payload'> & {
  archiver: Archiver
}

/** A form that no installer reads is left to the server, which makes a flash archive of it. @throws CliFailure, and what the server refuses */
export async function sourceOfTemplate(
  name: string,
  options: DirectoryOptions,
  signal: AbortSignal,
): Promise<FlarSource> {
  refuseTreeOptions(options)
  const client = openClient()
  const reference = parseReference(name)
  const { manifest } = await client.call(VersionReply, versionRoute(reference))
  const { archiver, ...wrapped } =
    (await wrapWhatIsThere(client, manifest, signal)) ?? (await wrapConverted(client, manifest, signal))
  return {
    ...wrapped,
    description: { ...flarDescriptionOf(manifest), type: 'FULL', archiver },
    sections: flarSectionsOf(manifest),
    notes: [],
  }
}

/** Undefined when the version has no archive of its root that Solaris reads as it is. */
async function wrapWhatIsThere(
  client: Client,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Wrapped | undefined> {
  const roots = manifest.artifacts.filter(({ layout }) => layout === 'zoneroot')
  const [artifact] = (['flar', 'cpio', 'tar'] as const).flatMap((format) =>
    roots.filter((one) => one.format === format),
  )
  if (!artifact) return undefined
  tellFetched(manifest, artifact)
  const bytes = fetched(client, artifact, signal)
  if (artifact.format === 'flar') return unwrap(bytes, artifact)
  const { head, all } = await peek(decompress(bytes, artifact.compression))
  if (!isReadable(head)) {
    await bytes.return(undefined)
    return undefined
  }
  return {
    archiver: artifact.format === 'cpio' ? 'cpio' : 'pax',
    compression: 'none',
    archivedSize: artifact.uncompressedSize,
    unarchivedSize: artifact.uncompressedSize,
    payload: all,
  }
}

async function wrapConverted(
  client: Client,
  { template, version }: Manifest,
  signal: AbortSignal,
): Promise<Wrapped> {
  const { manifest, artifact, notices } = await ensureForm(client, { template, selector: version }, 'flar')
  for (const notice of notices) process.stderr.write(`note: ${notice}\n`)
  tellFetched(manifest, artifact)
  return unwrap(fetched(client, artifact, signal), artifact)
}

/** The payload of a flash archive: what is in front of it is written anew. */
async function unwrap(bytes: AsyncIterable<Uint8Array>, { size }: Artifact): Promise<Wrapped> {
  const { preamble, stored } = await readFlar(bytes)
  const { archiver, compression } = saidPayload(preamble.identification)
  const unarchived = unarchivedSize(preamble.identification)
  return {
    archiver,
    compression,
    archivedSize: size - preamble.payloadOffset,
    ...(unarchived !== undefined && { unarchivedSize: unarchived }),
    payload: stored,
  }
}

function tellFetched({ template, version }: Manifest, { format }: Artifact): void {
  process.stderr.write(`fetching ${template}@${version} (${format})\n`)
}

function refuseTreeOptions(options: DirectoryOptions): void {
  const tree = [
    'root',
    'oldImage',
    'archiver',
    'exclude',
    'include',
    'filters',
    'excludeList',
    'files',
    'onlyFiles',
  ] as const
  if (tree.every((option) => options[option] === undefined)) return
  throw usageFailure('--template takes a version as it is, expected it without -R, -A, -L and filters')
}

/** Solaris reads newc and pax; what GNU tar and cpio write besides it does not. */
function isReadable(head: Uint8Array): boolean {
  const text = Buffer.from(head).toString('latin1')
  return text.startsWith('070701') || text.slice(257, 263) === 'ustar\0'
}

/** @throws DigestMismatch at the end, when the bytes are not those of the artifact */
async function* fetched(
  client: Client,
  { sha256, size }: Artifact,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const body = await client.openBytes(`/blobs/sha256/${sha256}`, { signal })
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of body) {
    hash.update(chunk)
    bytes += chunk.byteLength
    yield chunk
  }
  const actual = hash.digest('hex')
  if (actual !== sha256)
    throw refused(
      'DigestMismatch',
      `${bytes} bytes came with sha256 ${actual}, expected ${size} with ${sha256}`,
    )
}
