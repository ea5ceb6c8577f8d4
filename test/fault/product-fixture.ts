// The product in a data directory that a fault test kills and starts again; nothing of it outlives the test.
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { stopOrphan } from '#adapters/embedded-postgres/postmaster.ts'
import type { Manifest } from '#core/manifest.ts'
import { blobsOnDisk } from '#test/blobs-on-disk.ts'
import { quickDirectory } from '#test/quick-directory.ts'
import { startProduct, type RunningProduct } from '#test/running-product.ts'
import { sha256Of } from './random-archive.ts'

export interface ListedVersion {
  state: string
  manifest: Manifest
}

/** A start, a death, a start … of one product. */
export class MortalProduct {
  readonly dataDir = mkdtempSync(path.join(quickDirectory(), 'zoneflash-test-fault-'))
  readonly #env: NodeJS.ProcessEnv
  #running: RunningProduct | undefined

  /** Belongs to the test that runs: what is left at its end is ended and removed. */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#env = env
    onTestFinished(async () => {
      await this.#running?.stop()
      await stopOrphan(path.join(this.dataDir, 'postgres', 'cluster'))
      rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10 })
    })
  }

  get now(): RunningProduct {
    if (this.#running === undefined) throw new Error('the product does not run')
    return this.#running
  }

  async start(): Promise<void> {
    this.#running = await startProduct(this.dataDir, this.#env)
  }

  /** `kill -9` of the server; its PostgreSQL and its worker are on their own. */
  async kill(): Promise<void> {
    await this.now.kill()
  }

  async stop(): Promise<void> {
    await this.now.stop()
  }

  async versions(template: string): Promise<ListedVersion[]> {
    const answer = await this.now.call(`/api/v1/templates/${template}/versions`)
    if (answer.status === 404) return []
    expect(answer.status).toBe(200)
    return (await answer.json()) as ListedVersion[]
  }

  /** Fetches all artifacts of a version and holds each against its digest. */
  async expectWhole({ manifest }: ListedVersion): Promise<void> {
    expect(manifest.artifacts.length).toBeGreaterThan(0)
    for (const { sha256, size } of manifest.artifacts) {
      const answer = await this.now.call(`/blobs/sha256/${sha256}`)
      expect(answer.status).toBe(200)
      const bytes = new Uint8Array(await answer.arrayBuffer())
      expect(bytes.byteLength).toBe(size)
      expect(sha256Of(bytes)).toBe(sha256)
    }
  }

  /** The blob store holds what these versions refer to, and nothing besides. */
  async expectNothingBesides(versions: readonly ListedVersion[]): Promise<void> {
    const referenced = versions.flatMap(({ manifest }) => manifest.artifacts.map(({ sha256 }) => sha256))
    expect((await blobsOnDisk(this.dataDir)).toSorted(), 'blobs on disk').toEqual(
      [...new Set(referenced)].toSorted(),
    )
    expect(await filesIn(path.join(this.dataDir, 'blobs', 'incoming')), 'incoming').toEqual([])
  }

  /** How many bytes of resumable uploads that are under way lie on the disk. */
  async draftBytes(): Promise<number> {
    const drafts = path.join(this.dataDir, 'blobs', 'drafts')
    const data = (await filesIn(drafts)).filter((name) => !name.endsWith('.note'))
    const sizes = await Promise.all(data.map(async (name) => (await stat(path.join(drafts, name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}

async function filesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => [])
}
