// A catalog and a queue in memory, a blob store and converters on disk; versions come in as uploads do.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { openEntrySorter } from '#adapters/archive/sort-entries.ts'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { createConverter } from '#adapters/conversion/convert.ts'
import { convertVersion, type ConversionNeeds } from '#app/convert/convert-version.ts'
import { pushVersion } from '#app/push-version.ts'
import { parseConfig } from '#core/config.ts'
import type { ConversionTarget, ZplVersion } from '#core/conversion/target.ts'
import { artifactExtension, type Artifact, type VersionFacts } from '#core/manifest.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

export type ConversionSite = Awaited<ReturnType<typeof openConversionSite>>

export async function openConversionSite() {
  const directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-convert-'))
  const config = parseConfig({ ZONEFLASH_DATA: directory })
  const spoolDirectory = path.resolve(config.blobs.root, 'incoming')
  const audit = new MemoryAuditLog()
  const catalog = new MemoryTemplateCatalog(audit)
  const blobs = new FileBlobStore(config.blobs.root)
  const clock = new FakeClock()
  const indexer = openStreamIndexer(config)
  const needs: ConversionNeeds = {
    catalog,
    blobs,
    clock,
    indexer,
    sortEntries: openEntrySorter(config),
    convert: createConverter({ blobs, limits: config.limits, spoolDirectory }),
  }
  const channels = new MemoryChannelStore(catalog)
  return {
    needs,
    audit,
    catalog,
    blobs,
    close: () => rm(directory, { recursive: true, force: true }),
    async push(version: string, bytes: Uint8Array, facts: VersionFacts = {}): Promise<Artifact> {
      const push = { template: 'web', facts: { brand: 'lx', version, ...facts }, actor: 'tester' }
      const all = { catalog, channels, blobs, indexer, audit, clock, limits: config.limits }
      const { record } = await pushVersion(push, Readable.from([bytes]), all)
      const [artifact] = record.manifest.artifacts
      if (!artifact) throw new Error('a version without an artifact')
      return artifact
    },
    async convert(
      version: string,
      to: ConversionTarget,
      zpl?: ZplVersion,
      more: Partial<ConversionNeeds> = {},
    ) {
      const job = { template: 'web', version, to, ...(zpl && { zpl }), actor: 'ci' }
      const told: object[] = []
      const signal = new AbortController().signal
      await convertVersion(job, signal, async (progress) => void told.push(progress), { ...needs, ...more })
      return told
    },
    async forms(version: string): Promise<string[]> {
      const { manifest } = await catalog.getVersion('web', version)
      return manifest.artifacts.map(artifactExtension)
    },
    async form(version: string, extension: string): Promise<Artifact> {
      const { manifest } = await catalog.getVersion('web', version)
      const found = manifest.artifacts.findLast((one) => artifactExtension(one) === extension)
      if (!found) throw new Error(`there is no ${extension}`)
      return found
    },
    async bytes({ sha256 }: Artifact): Promise<Buffer> {
      const chunks: Buffer[] = []
      for await (const chunk of await blobs.open(sha256)) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    async entries({ sha256 }: Artifact) {
      const all = []
      for await (const entry of catalog.entries(sha256)) all.push(entry)
      return all
    },
  }
}
