import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

// The tests start hundreds of servers, workers and commands; each finds what the one before it compiled.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules/.cache/node-compile')

// System and fault tests own namespaces, pools and processes; a file is the unit of isolation.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/postgres-server.ts',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Two more than there are processors: the long ones wait for zones, databases and locks half of their time.
    maxWorkers: Math.max(2, availableParallelism()) + 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
})
