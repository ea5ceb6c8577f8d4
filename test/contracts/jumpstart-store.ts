import { describe, expect, test } from 'vitest'
import type { JumpStartStore } from '#app/ports/jumpstart.ts'

const NOTE = { actor: 'ann', why: undefined }
const directory = (rules: string) => ({
  rules,
  files: {
    'prof/a': { text: 'install_type upgrade\n', mode: 0o644 },
    go: { text: '#!/bin/sh\n', mode: 0o755 },
  },
})

/** What every JumpStartStore promises. */
export function jumpStartStoreContract(name: string, open: () => Promise<JumpStartStore>): void {
  describe(`${name} keeps the JumpStartStore contract`, () => {
    test('there is nothing at first', async () => {
      const store = await open()
      expect(await store.list(10)).toEqual([])
    })

    test('each change is a revision, and older ones stay as they were', async () => {
      const store = await open()
      const first = await store.put(0, directory('any - - prof/a -\n'), { actor: 'ann', why: 'first' })
      expect(first).toEqual({
        ...directory('any - - prof/a -\n'),
        revision: 1,
        actor: 'ann',
        why: 'first',
        at: expect.stringMatching(/^\d{4}-.*Z$/),
      })
      const second = await store.put(1, { rules: '# ß\n', files: {} }, { actor: 'bob', why: undefined })
      expect(await store.get(2)).toEqual(second)
      expect(await store.get(1)).toEqual(first)
      expect(await store.list(10)).toMatchObject([
        { revision: 2, actor: 'bob' },
        { revision: 1, why: 'first' },
      ])
      expect(await store.list(1)).toHaveLength(1)
    })

    test('whoever did not see the latest revision is refused, and nothing is stored', async () => {
      const store = await open()
      await store.put(0, directory('a'), NOTE)
      for (const expected of [0, 2, 17])
        await expect(store.put(expected, directory('b'), NOTE)).rejects.toMatchObject({
          code: 'JumpStartChanged',
          kind: 'conflict',
        })
      expect(await store.list(10)).toHaveLength(1)
      expect(await store.get(1)).toMatchObject({ rules: 'a' })
    })

    test('of several at once one comes first', async () => {
      const store = await open()
      const puts = ['a', 'b', 'c', 'd'].map((rules) => store.put(0, directory(rules), NOTE))
      const settled = await Promise.allSettled(puts)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await store.list(10)).toHaveLength(1)
    })

    test('a revision that is not there is RevisionNotFound', async () => {
      const store = await open()
      for (const revision of [0, 1, -1, 1.5, 2 ** 40])
        await expect(store.get(revision)).rejects.toMatchObject({ code: 'RevisionNotFound', kind: 'missing' })
    })

    test('a path may be any that a file can have', async () => {
      const store = await open()
      const files = { ['__proto__']: { text: 'a', mode: 0o644 }, constructor: { text: 'b', mode: 0o644 } }
      await store.put(0, { rules: '', files }, NOTE)
      expect(Object.keys((await store.get(1)).files).toSorted()).toEqual(['__proto__', 'constructor'])
    })
  })
}
