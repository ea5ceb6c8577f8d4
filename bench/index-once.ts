// One side of a measurement, as a process of its own: index-once.ts FILE verifies a stream or an archive and indexes it with the sha256 of each file.
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { parseConfig } from '#core/config.ts'

const [file = ''] = process.argv.slice(2)
const config = parseConfig({
  ZONEFLASH_BLOBS: `file:${path.join(path.dirname(path.resolve(file)), 'index')}`,
})
const source = createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
const index = await openStreamIndexer(config).index(source)
console.log(JSON.stringify(index.facts))
await index.close()
