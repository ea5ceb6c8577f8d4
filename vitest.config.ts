import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// System and fault tests own namespaces, pools and processes; a file is the unit of isolation.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/postgres-server.ts',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: Math.max(2, availableParallelism()),
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
})
