import { expect, test } from 'vitest'
import { parseIndex, renderIndex, withState } from '#core/zone/index-file.ts'

const uuid = '6c1f0c5e-8d41-4c8e-b7f5-0a6a1c1d2e3f'
const text = [
  '# comment',
  'global:installed:/',
  `web1:installed:/zones/web1:${uuid}`,
  'flashweb:configured:/flash/web:',
  'odd:configured:"/flash/a:b":',
  'not a zone',
  '',
].join('\n')

test('the index is written as it was read, comments and strange lines too', () => {
  expect(renderIndex(parseIndex(text))).toBe(text)
})

test('a missing uuid field reads like an empty one, and is written with the third colon', () => {
  expect(renderIndex(parseIndex('a:configured:/a'))).toBe('a:configured:/a:\n')
})

test('a zonepath in quotes may hold a colon', () => {
  expect(parseIndex(text)).toContainEqual({
    entry: { name: 'odd', state: 'configured', zonepath: '/flash/a:b', uuid: '' },
  })
})

test('a zonepath that would begin a new line is refused', () => {
  const entry = { name: 'a', state: 'configured' as const, zonepath: '/a\nb:installed:/b:', uuid: '' }
  expect(() => renderIndex([{ entry }])).toThrow(expect.objectContaining({ code: 'ZoneValueInvalid' }))
})

test('a kernel state in the index makes the line no entry', () => {
  expect(parseIndex('a:running:/a:')).toEqual([{ text: 'a:running:/a:' }])
})

test('detaching empties the uuid, and the next attach gives a new one', () => {
  const entry = { name: 'a', state: 'installed' as const, zonepath: '/a', uuid }
  const detached = withState(entry, 'configured', () => 'unused')
  expect(detached).toMatchObject({ state: 'configured', uuid: '' })
  expect(withState(detached, 'installed', () => 'new')).toMatchObject({ state: 'installed', uuid: 'new' })
})

test('an incomplete zone has a fresh uuid, which it keeps when it is installed', () => {
  const incomplete = withState(
    { name: 'a', state: 'installed', zonepath: '/a', uuid },
    'incomplete',
    () => 'new',
  )
  expect(incomplete.uuid).toBe('new')
  expect(withState(incomplete, 'installed', () => 'newer').uuid).toBe('new')
})
