import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

// System and fault tests own namespaces, pools and processes; a file is the unit of isolation.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/postgres-server.ts',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // One more than there are processors: the long ones wait for zones and databases most of the time.
    maxWorkers: Math.max(2, availableParallelism()) + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
})
