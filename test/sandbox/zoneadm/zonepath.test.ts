import { expect, test } from 'vitest'
import { zonepathFaults } from '#sandbox/zoneadm/zonepath.ts'

const directory = (mode: number, uid = 0) => ({ uid, mode, isDirectory: () => true })

test('a zonepath of root with mode 0700 has no faults', () => {
  expect(zonepathFaults('/zones/a', directory(0o40700))).toEqual([])
})

test('every fault of owner and mode is told', () => {
  expect(zonepathFaults('/zones/a', directory(0o40755, 1000))).toEqual([
    '/zones/a is not owned by root.',
    '/zones/a must not be group readable.',
    '/zones/a must not be group executable.',
    '/zones/a must not be world readable.',
    '/zones/a must not be world executable.',
  ])
  expect(zonepathFaults('/zones/a', directory(0o40300))).toEqual(['/zones/a must be owner readable.'])
})

test('a file is no zonepath', () => {
  expect(zonepathFaults('/zones/a', { uid: 0, mode: 0o100700, isDirectory: () => false })).toEqual([
    '/zones/a is not a directory.',
  ])
})
