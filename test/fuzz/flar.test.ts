import path from 'node:path'
import { expect, test } from 'vitest'
import type { FlarFuzzResult } from './flar.ts'
import { watched } from './watched.ts'

/** FUZZ_CASES=200000 FUZZ_SEED=1000000 npx vitest run test/fuzz/flar.test.ts */
const cases = Number(process.env['FUZZ_CASES'] ?? 1000)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1)

test(
  `${cases} changed flash archives each end in a refusal or in files that do no harm`,
  { timeout: 60_000 + 100 * cases },
  async () => {
    const { refused, ...counts } = await watched<FlarFuzzResult>(new URL('flar.ts', import.meta.url), {
      fixtures: path.join(import.meta.dirname, '../fixtures/flar'),
      firstSeed,
      cases,
      current: new SharedArrayBuffer(4),
    })
    const peakMemory = `${Math.round(counts.peakMemory / 1024 ** 2)} MiB`
    console.log(JSON.stringify({ ...counts, peakMemory, refused }, undefined, 1))
    expect(counts.failures).toEqual([])
    expect(counts.cases).toBe(cases)
    expect(counts.trees, 'changes reach what is behind the headers').toBeGreaterThan(cases / 20)
    expect(counts.sections, 'changes reach scripts and manifests').toBeGreaterThan(cases / 20)
  },
)
