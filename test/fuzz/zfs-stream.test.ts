import path from 'node:path'
import { expect, test } from 'vitest'
import { watched, type FuzzOrder } from './watched.ts'
import type { FuzzResult } from './zfs-stream.ts'

/** FUZZ_CASES=200000 FUZZ_SEED=1000000 npx vitest run test/fuzz */
const cases = Number(process.env['FUZZ_CASES'] ?? 2000)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1)

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
    const { refused, ...counts } = await watched<FuzzResult>(new URL('zfs-stream.ts', import.meta.url), order)
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
