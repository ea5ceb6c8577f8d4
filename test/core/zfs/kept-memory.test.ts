import { expect, test } from 'vitest'
import { inflaters } from '#adapters/zfs/inflaters.ts'
import { ObjectSetBuilder } from '#core/zfs/object-set-builder.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import { fixtureBytes, fixtureSet } from './fixture-set.ts'

test.each(['full', 'modern-large'])('the objects of %s hold nothing of the buffers they came in', (name) => {
  const builder = new ObjectSetBuilder({
    inflaters,
    limits: { maxObjects: 10_000, maxMetadataBytes: 64 * 1024 * 1024 },
  })
  const reader = new RecordReader(builder)
  const bytes = fixtureBytes(`${name}.zfs`)
  reader.push(bytes)
  reader.finish()
  bytes.fill(0)
  expect(builder.result()).toEqual(fixtureSet(name))
})
