// Case after case, seed by seed, until enough have failed; what every fuzzer counts.
import type { FuzzOrder } from './watched.ts'

export interface CaseCounts {
  cases: number
  /** of refusals, by code */
  refused: Record<string, number>
  slowest: { seed: number; ms: number }
  /** bytes of the whole process */
  peakMemory: number
  failures: { seed: number; what: string }[]
}

const MAX_FAILURES = 20

export const noCases = (): CaseCounts => ({
  cases: 0,
  refused: {},
  slowest: { seed: 0, ms: 0 },
  peakMemory: 0,
  failures: [],
})

/** Counts in `result`, and shows which seed is tried where the starter of the thread looks. */
export async function runCases<Result extends CaseCounts>(
  { firstSeed, cases, current }: Pick<FuzzOrder, 'firstSeed' | 'cases' | 'current'>,
  result: Result,
  tryOne: (seed: number) => Promise<void>,
): Promise<Result> {
  const shown = new Int32Array(current)
  for (let seed = firstSeed; seed < firstSeed + cases && result.failures.length < MAX_FAILURES; seed++) {
    Atomics.store(shown, 0, seed)
    const started = performance.now()
    await tryOne(seed)
    const ms = performance.now() - started
    if (ms > result.slowest.ms) result.slowest = { seed, ms: Math.round(ms) }
    result.cases += 1
    if (seed % 16 === 0) result.peakMemory = Math.max(result.peakMemory, process.memoryUsage().rss)
  }
  return result
}
