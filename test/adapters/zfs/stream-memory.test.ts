import { expect, test } from 'vitest'
import { StreamMemory } from '#adapters/zfs/stream-memory.ts'

const usage = (objects: number) => ({ objects, metadataBytes: 0 })
const memory = () => new StreamMemory(1000 * 2048)

test('a stream that needs more than there is, is too large; one that needs what others have comes again', () => {
  const whole = memory()
  expect(whole.mostObjects).toBe(1000)
  const [first, second] = [whole.lease(), whole.lease()]
  first.cover(usage(600))
  expect(() => second.cover(usage(1001))).toThrow(
    expect.objectContaining({ code: 'TooManyEntries', message: expect.stringContaining('1000 objects') }),
  )
  expect(() => second.cover(usage(401))).toThrow(
    expect.objectContaining({ code: 'StreamsBusy', kind: 'unavailable' }),
  )
  second.cover(usage(400))
  first.release()
  second.cover(usage(1000))
})

test('directories, attributes and pieces of files count too', () => {
  const lease = memory().lease()
  for (const more of [{ metadataBytes: 3_000_000 }, { pieces: 10_000 }]) {
    expect(() => lease.cover({ ...usage(1), ...more })).toThrow(
      expect.objectContaining({ code: 'TooManyEntries' }),
    )
  }
})

test('a lease only grows, and gives all back at once', () => {
  const whole = memory()
  const lease = whole.lease()
  lease.cover(usage(500))
  lease.cover(usage(100))
  expect(whole.taken).toBe(500 * 2048)
  lease.release()
  lease.release()
  expect(whole.taken).toBe(0)
})

test('before anybody is refused, what nobody uses is given back', () => {
  const whole = memory()
  const [idle, wanted] = [whole.lease(), whole.lease()]
  idle.cover(usage(900))
  const stop = whole.onShortage(() => idle.release())
  wanted.cover(usage(100))
  expect(whole.taken).toBe(1000 * 2048)
  wanted.cover(usage(1000))
  expect(whole.taken).toBe(1000 * 2048)
  stop()
  expect(() => idle.cover(usage(1))).toThrow(expect.objectContaining({ code: 'StreamsBusy' }))
})
