// One side of the taking-in measurement, as a process of its own: take-in-once.ts FILE STORE stores, hashes, checks and indexes a file.
import { createReadStream } from 'node:fs'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { takeInArtifact } from '#app/take-in-artifact.ts'
import { parseConfig } from '#core/config.ts'

const [file = '', store = ''] = process.argv.slice(2)
const config = parseConfig({ ZONEFLASH_BLOBS: `file:${store}` })
const source = createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
const taken = await takeInArtifact(
  source,
  {},
  { blobs: new FileBlobStore(store), indexer: openStreamIndexer(config) },
)
console.log(JSON.stringify(taken.artifact))
await taken.close()
