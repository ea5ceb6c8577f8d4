import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProvisionError } from '#core/errors.ts'
import type { ObjectSet, StreamObject } from '#core/zfs/object-set.ts'
import { readTree } from '#core/zfs/read-tree.ts'
import { fixtureSet } from './fixture-set.ts'

const limits = { maxEntries: 10_000, maxNameBytes: 1023, maxDepth: 64 }
const RUNS = Number(process.env['ZFS_TREE_RUNS'] ?? 150)

/** All bytes of metadata of one object: bonus, spill and blocks. */
function buffersOf({ bonus, spill, blocks }: StreamObject): Uint8Array[] {
  return [bonus, ...(spill ? [spill] : []), ...(blocks?.values() ?? [])].filter((bytes) => bytes.length > 0)
}

/** Checksums do not help against whoever makes the stream: here the metadata itself lies. */
function mutated(
  set: ObjectSet,
  changes: readonly (readonly [pick: number, at: number, byte: number])[],
): ObjectSet {
  const copy: ObjectSet = { begin: set.begin, objects: structuredClone(set.objects) }
  const buffers = [...copy.objects.values()].flatMap(buffersOf)
  for (const [pick, at, byte] of changes) {
    const bytes = buffers[pick % buffers.length]
    // most of a block is unused: what counts is at its beginning
    if (bytes !== undefined) bytes[at % Math.min(bytes.length, at % 3 === 0 ? 4096 : 320)] = byte
  }
  return copy
}

function outcome(set: ObjectSet): string {
  try {
    return readTree(set, limits).nodes.length <= limits.maxEntries ? 'tree' : 'too large'
  } catch (error) {
    if (error instanceof ProvisionError) return 'refused'
    throw error
  }
}

const nat = fc.nat({ max: 2 ** 20 })
const changes = fc.array(
  fc.tuple(nat, nat, fc.constantFrom(0, 1, 2, 4, 5, 47, 127, 128, 251, 252, 253, 255)),
  {
    minLength: 1,
    maxLength: 6,
  },
)

describe.each(['full', 'modern-large', 'modern-fatzap', 'bigendian-zpl5'])('%s, with wrong bytes', (name) => {
  const set = fixtureSet(name)

  test('is a tree or refused, whatever they are', () => {
    fc.assert(
      fc.property(changes, (all) => {
        expect(outcome(mutated(set, all))).toMatch(/^(tree|refused)$/)
      }),
      { numRuns: RUNS },
    )
  })
})
