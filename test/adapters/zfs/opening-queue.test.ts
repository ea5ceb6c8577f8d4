import { setImmediate as settled } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OpeningQueue } from '#adapters/zfs/opening-queue.ts'

/** Steps that end when they are told to. */
function steps(queue: OpeningQueue) {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, signal?: AbortSignal) =>
    queue.run(() => {
      started.push(name)
      const { promise, resolve } = Promise.withResolvers<void>()
      ends.set(name, resolve)
      return promise
    }, signal)
  return { started, run, end: (name: string) => ends.get(name)?.() }
}

test('no more at a time than there are places; the others follow in their order', async () => {
  const { started, run, end } = steps(new OpeningQueue(2))
  const all = ['a', 'b', 'c', 'd'].map((name) => run(name))
  await settled()
  expect(started).toEqual(['a', 'b'])
  end('b')
  await settled()
  expect(started).toEqual(['a', 'b', 'c'])
  for (const name of ['a', 'c']) end(name)
  await settled()
  expect(started).toEqual(['a', 'b', 'c', 'd'])
  end('d')
  await Promise.all(all)
})

test('who is aborted while it waits takes no place, and what fails gives its own back', async () => {
  const queue = new OpeningQueue(1)
  const { started, run, end } = steps(queue)
  const first = run('first')
  const abort = new AbortController()
  const given = run('given up', abort.signal)
  const third = run('third')
  abort.abort(new Error('gone'))
  await expect(given).rejects.toThrow('gone')
  await expect(run('never', abort.signal)).rejects.toThrow('gone')
  end('first')
  await first
  await settled()
  end('third')
  await third
  expect(started).toEqual(['first', 'third'])
  await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await queue.run(() => Promise.resolve('next'))).toBe('next')
})
