import { describe, expect, test } from 'vitest'
import type { JobQueue } from '#app/ports/queue.ts'

export interface QueueUnderTest {
  queue: JobQueue
  /** Plays the worker: the job ends, with `error` it fails for good. */
  finish: (id: string, error?: string) => Promise<void>
}

const data = { template: 'web', version: '1', host: 'h1', zone: 'web' }

/** What every JobQueue promises. `open` may give the same queue again: tests keep to ids of their own. */
export function jobQueueContract(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`${name} keeps the JobQueue contract`, () => {
    test('a job that was added waits, under the id it was given', async () => {
      const { queue } = await open()
      for (const id of ['package_web_1', 'a:b:c:d', '17', '0', '%i17', 'ß/..'])
        expect(await queue.add('package', data, id)).toBe(id)
      for (const id of ['package_web_1', 'a:b:c:d', '17', '0', '%i17', 'ß/..'])
        expect(await queue.status(id)).toMatchObject({ id, state: 'waiting', error: undefined })
    })

    test('a job that nobody added has no status, whatever its id', async () => {
      const { queue } = await open()
      for (const id of ['nobody', '', '18', 'nul\0', 'lone\ud800', "' or true --"])
        expect(await queue.status(id), JSON.stringify(id)).toBeUndefined()
    })

    test('data that the job does not have is refused', async () => {
      const { queue } = await open()
      await expect(queue.add('package', { ...data, zone: 'global' }, 'wrong')).rejects.toThrow(/global/)
      expect(await queue.status('wrong')).toBeUndefined()
    })

    test('a finished job says so, and the same id is then a new job', async () => {
      const { queue, finish } = await open()
      await queue.add('package', data, 'again')
      await finish('again')
      expect(await queue.status('again')).toMatchObject({ state: 'completed', error: undefined })
      await queue.add('package', data, 'again')
      expect(await queue.status('again')).toMatchObject({ state: 'waiting' })
    })

    test('the oldest unfinished job of a name is known until it is over', async () => {
      const { queue, finish } = await open()
      const convert = { template: 'web', version: '1', to: 'zfs' as const, actor: 'ci' }
      expect(await queue.oldestUnfinished('convert')).toBeUndefined()
      const before = Date.now()
      await queue.add('convert', convert, 'convert_first')
      const since = (await queue.oldestUnfinished('convert'))?.getTime()
      expect(since).toBeGreaterThanOrEqual(before)
      await queue.add('convert', convert, 'convert_second')
      expect((await queue.oldestUnfinished('convert'))?.getTime()).toBe(since)
      await finish('convert_first')
      await finish('convert_second')
      expect(await queue.oldestUnfinished('convert')).toBeUndefined()
    })

    test('a failed job keeps its reason until it is added again', async () => {
      const { queue, finish } = await open()
      await queue.add('package', data, 'failing')
      await finish('failing', 'the zone is running')
      expect(await queue.status('failing')).toMatchObject({ state: 'failed', error: 'the zone is running' })
      await queue.add('package', data, 'failing')
      expect(await queue.status('failing')).toMatchObject({ state: 'waiting', error: undefined })
    })
  })
}
