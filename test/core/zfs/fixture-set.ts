// The object sets of the test streams, each applied on what it needs.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { inflaters } from '#adapters/zfs/inflaters.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'

const directory = path.join(import.meta.dirname, '../../fixtures/zfs')
const bases: Record<string, string> = { incremental: 'full', 'modern-incremental': 'modern-default' }

export const fixtureBytes = (name: string): Buffer => readFileSync(path.join(directory, name))

/** By name without `.zfs`. */
export function fixtureSet(name: string): ObjectSet {
  const baseName = bases[name]
  const builder = new ObjectSetBuilder({
    inflaters,
    limits: { maxObjects: 10_000, maxMetadataBytes: 64 * 1024 * 1024 },
    ...(baseName !== undefined && { base: fixtureSet(baseName) }),
  })
  const reader = new RecordReader(builder)
  reader.push(fixtureBytes(`${name}.zfs`))
  reader.finish()
  return builder.result()
}
