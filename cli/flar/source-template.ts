// A flash archive's payload from a version on the server, as it comes: nothing of it lies on disk in between.
import { createHash } from 'node:crypto'
import { decompress } from '#adapters/archive/decompress.ts'
import { peek } from '#adapters/archive/peek.ts'
import { readFlar } from '#adapters/archive/read-flar.ts'
import { saidPayload } from '#core/flar/facts.ts'
import { flarDescriptionOf, flarSectionsOf } from '#core/flar/template-facts.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { Client } from '../client.ts'
import { openClient } from '../command.ts'
import { refused, usageFailure } from '../failures.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'
import type { FlarSource } from './source.ts'
import type { DirectoryOptions } from './source-directory.ts'

/** @throws CliFailure, and what the server refuses */
export async function sourceOfTemplate(
  name: string,
  options: DirectoryOptions,
  signal: AbortSignal,
): Promise<FlarSource> {
  refuseTreeOptions(options)
  const client = openClient()
  const { manifest } = await client.call(VersionReply, versionRoute(parseReference(name)))
  const artifact = chooseArtifact(manifest)
  process.stderr.write(`fetching ${manifest.template}@${manifest.version} (${artifact.format})\n`)
  const bytes = fetched(client, artifact, signal)
  const common = { sections: flarSectionsOf(manifest), notes: [] }
  const description = { ...flarDescriptionOf(manifest), type: 'FULL' as const }
  if (artifact.format === 'flar') {
    const { preamble, stored } = await readFlar(bytes)
    const { archiver, compression } = saidPayload(preamble.identification)
    const archivedSize = artifact.size - preamble.payloadOffset
    return {
      ...common,
      description: { ...description, archiver },
      compression,
      archivedSize,
      payload: stored,
    }
  }
  const { head, all } = await peek(decompress(bytes, artifact.compression))
  checkPayload(head, manifest)
  return {
    ...common,
    description: { ...description, archiver: artifact.format === 'cpio' ? 'cpio' : 'pax' },
    compression: 'none',
    archivedSize: artifact.uncompressedSize,
    unarchivedSize: artifact.uncompressedSize,
    payload: all,
  }
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

/** What becomes a payload as it is: an archive whose top is the zone's root. */
function chooseArtifact(manifest: Manifest): Artifact {
  const roots = manifest.artifacts.filter(({ layout }) => layout === 'zoneroot')
  for (const format of ['flar', 'cpio', 'tar'] as const) {
    const artifact = roots.find((one) => one.format === format)
    if (artifact) return artifact
  }
  throw letServerConvert(manifest, 'has no archive of its root')
}

/** Solaris reads newc and pax; what GNU tar and cpio write besides it does not. */
function checkPayload(head: Uint8Array, manifest: Manifest): void {
  const text = Buffer.from(head).toString('latin1')
  if (text.startsWith('070701') || text.slice(257, 263) === 'ustar\0') return
  throw letServerConvert(manifest, 'has an archive that is neither cpio newc nor pax')
}

function letServerConvert({ template, version }: Manifest, why: string): Error {
  return refused('CannotConvert', `${template}@${version} ${why}`, {
    advice: `let the server make one: \`zoneflash template export ${template}@${version} --to flar\``,
  })
}

/** @throws DigestMismatch at the end, when the bytes are not those of the artifact */
async function* fetched(
  client: Client,
  { sha256, size }: Artifact,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { body } = await client.open(`/blobs/sha256/${sha256}`, { signal })
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
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
