import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { FuzzOrder, FuzzResult } from './zfs-stream.ts'

/** FUZZ_CASES=200000 FUZZ_SEED=1000000 npx vitest run test/fuzz */
const cases = Number(process.env['FUZZ_CASES'] ?? 2000)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1)
/** No case takes a second; a machine that does other things too may need some. */
const HANGS_AFTER_MS = 20_000
const MAX_HEAP_MB = 512

test(
  `${cases} changed streams each end in a refusal or in a correct tree`,
  { timeout: 60_000 + 100 * cases },
  async () => {
    const order: FuzzOrder = {
      fixtures: path.join(import.meta.dirname, '../fixtures/zfs'),
      firstSeed,
      cases,
      current: new SharedArrayBuffer(4),
    }
    const { refused, ...counts } = await watched(order)
    console.log(
      JSON.stringify(
        { ...counts, peakMemory: `${Math.round(counts.peakMemory / 1024 ** 2)} MiB`, refused },
        undefined,
        1,
      ),
    )
    expect(counts.failures).toEqual([])
    expect(counts.cases).toBe(cases)
    expect(counts.trees, 'changes reach what is behind the checksums').toBeGreaterThan(cases / 20)
  },
)

/** @throws Error with the seed when a case does not end, or its memory does */
async function watched(order: FuzzOrder): Promise<FuzzResult> {
  const worker = new Worker(new URL('zfs-stream.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  const current = new Int32Array(order.current)
  let last = -1
  const stalled = new Promise<never>((_resolve, reject) => {
    const timer = setInterval(() => {
      const seed = Atomics.load(current, 0)
      if (seed === last) reject(new Error(`the case of seed ${seed} hangs`))
      last = seed
    }, HANGS_AFTER_MS)
    worker.once('exit', () => clearInterval(timer))
  })
  const failed = once(worker, 'error').then(([error]) => {
    throw new Error(`the case of seed ${Atomics.load(current, 0)} ended the thread`, { cause: error })
  })
  const done = once(worker, 'message').then(([result]) => result as FuzzResult)
  try {
    return await Promise.race([done, failed, stalled])
  } finally {
    await worker.terminate()
  }
}
