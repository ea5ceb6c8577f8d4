import { expect, test } from 'vitest'
import { WrongUsage } from '#sandbox/zoneadm/failure.ts'
import { readOptions } from '#sandbox/zoneadm/options.ts'

const rules = { flags: 'Fu', values: 'nb', usage: 'attach' }

test('flags may be clustered, values stand attached or apart, -- ends the options', () => {
  const read = readOptions(['-Fu', '-b', '900001-03', '-b900002-01', '--', '-F', 'zone'], rules)
  expect([...read.flags]).toEqual(['F', 'u'])
  expect(read.values.get('b')).toEqual(['900001-03', '900002-01'])
  expect(read.operands).toEqual(['-F', 'zone'])
})

test('a single dash is an operand, also as a value', () => {
  expect(readOptions(['-n', '-'], rules).values.get('n')).toEqual(['-'])
  expect(readOptions(['-'], rules).operands).toEqual(['-'])
})

test.each([[['-x']], [['-b']]])('%j is wrong usage', (args) => {
  expect(() => readOptions(args, rules)).toThrow(WrongUsage)
})
