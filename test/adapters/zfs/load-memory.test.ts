import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { ContentHasher } from '#adapters/zfs/content-hasher.ts'
import { loadStream } from '#adapters/zfs/open-tree.ts'
import { ExtentMap } from '#core/zfs/extents.ts'
import { ObjectType } from '#core/zfs/object-set.ts'
import { teeContents } from '#core/zfs/tee-contents.ts'
import { RecordWriter } from '#core/zfs/write/records.ts'

const MIB = 1024 * 1024
const BLOCK = 128 * 1024
const FILE = 8
const SIZE = 256 * MIB

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function usedBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** A file of 256 MiB in blocks that differ; `watch` is called now and then. */
async function* largeStream(digest: ReturnType<typeof createHash>, watch: () => void) {
  const writer = new RecordWriter()
  const bonus = new Uint8Array(264)
  const view = new DataView(bonus.buffer)
  view.setBigUint64(72, 0o100644n, true)
  view.setBigUint64(80, BigInt(SIZE), true)
  yield* writer.begin({ zpl: 4, created: 1, toGuid: '5', fromGuid: '0', toName: 'tank/large@one' })
  yield* writer.object({
    object: FILE,
    type: ObjectType.file,
    blockSize: BLOCK,
    bonusType: ObjectType.znode,
    bonus,
  })
  for (let offset = 0; offset < SIZE; offset += BLOCK) {
    const block = new Uint8Array(BLOCK).fill(offset / BLOCK)
    digest.update(block)
    yield* writer.write(FILE, ObjectType.file, offset, block)
    if (offset % (32 * MIB) === 0) watch()
  }
  watch()
  yield* writer.end()
}

test('memory does not grow with the contents of files, which are hashed and located on the way', async () => {
  const hasher = new ContentHasher()
  const expected = createHash('sha256')
  const used: number[] = []
  const before = usedBytes()
  const { info } = await loadStream(
    largeStream(expected, () => used.push(usedBytes())),
    {
      contents: teeContents(new ExtentMap(10_000), hasher),
    },
  )
  expect(info.bytes).toBeGreaterThan(SIZE)
  expect(used.length).toBeGreaterThan(8)
  expect(Math.max(...used) - before).toBeLessThan(64 * MIB)
  expect(hasher.digestOf(FILE)).toBe(expected.digest('hex'))
}, 60_000)
