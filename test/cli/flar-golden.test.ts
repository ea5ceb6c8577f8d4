import { globSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { registerFlar } from '#cli/commands/flar.ts'
import { runLocal } from './run-local.ts'

const fixtures = path.join(import.meta.dirname, '../fixtures/flar')
const archives = globSync('*.flar', { cwd: fixtures }).toSorted()

test('there are flash archives of every kind', () => {
  expect(archives).toEqual(
    ['compressed', 'crc', 'differential', 'full', 'odc', 'pax', 'scripts'].map((name) => `${name}.flar`),
  )
})

test.each(archives)('%s has this identification, these sections and these files', async (name) => {
  const file = path.join(fixtures, name)
  const info = await runLocal(registerFlar, ['flar', 'info', file])
  const files = await runLocal(registerFlar, ['flar', 'info', '-l', '--long', file])
  expect([info.error, files.error]).toEqual([undefined, undefined])
  const all = [info.stdout, info.stderr, files.stdout, files.stderr].join('--\n')
  await expect(all).toMatchFileSnapshot(path.join(fixtures, `${name}.txt`))
})
