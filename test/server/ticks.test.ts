import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startTicks } from '#server/ticks.ts'

const silent = pino({ level: 'silent' })

test('a tick runs at once and again, and never beside itself', async () => {
  let beside = 0
  let most = 0
  let runs = 0
  const enough = Promise.withResolvers<void>()
  const ticks = startTicks(silent, [
    {
      name: 'work',
      everyMs: 1,
      async run() {
        most = Math.max(most, ++beside)
        await turn()
        beside--
        if (++runs === 5) enough.resolve()
      },
    },
  ])
  await enough.promise
  await ticks.stop()
  expect(most).toBe(1)
})

test('a tick that is to wait does not run with the others, and holds up no stop', async () => {
  const again = Promise.withResolvers<void>()
  let early = 0
  let runs = 0
  const ticks = startTicks(silent, [
    { name: 'later', everyMs: 1, afterMs: 3_600_000, run: async () => void early++ },
    { name: 'work', everyMs: 1, run: async () => void (++runs === 3 && again.resolve()) },
  ])
  await again.promise
  await ticks.stop()
  expect(early).toBe(0)
})

test('a tick that fails is logged by name, runs again, and holds up no other', async () => {
  const logged: string[] = []
  let tries = 0
  const again = Promise.withResolvers<void>()
  const other = Promise.withResolvers<void>()
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) })
  const ticks = startTicks(log, [
    {
      name: 'broken',
      everyMs: 1,
      async run() {
        if (++tries === 2) again.resolve()
        throw new Error('the database is away')
      },
    },
    { name: 'other', everyMs: 60_000, run: async () => other.resolve() },
  ])
  await Promise.all([again.promise, other.promise])
  await ticks.stop()
  expect(logged[0]).toContain('"tick":"broken"')
  expect(logged[0]).toContain('the database is away')
})

test('stop tells the run under way, waits for it, and begins no other', async () => {
  const begun = Promise.withResolvers<void>()
  let ended = false
  let runs = 0
  const ticks = startTicks(silent, [
    {
      name: 'long',
      everyMs: 1,
      async run(signal) {
        runs++
        begun.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        await turn()
        ended = true
      },
    },
  ])
  await begun.promise
  await ticks.stop()
  expect(ended).toBe(true)
  expect(runs).toBe(1)
})
