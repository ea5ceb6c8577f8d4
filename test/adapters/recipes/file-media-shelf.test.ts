import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileMediaShelf } from '#adapters/recipes/file-media-shelf.ts'

let root: string
let shelf: FileMediaShelf
const sha256 = (bytes: string) => createHash('sha256').update(bytes).digest('hex')

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'zoneflash-media-'))
  shelf = new FileMediaShelf(root)
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a medium is found by its name, with digest and size, and read', async () => {
  await writeFile(path.join(root, 'webmin.deb'), 'bytes')
  expect(await shelf.find('webmin.deb')).toEqual({ sha256: sha256('bytes'), size: 5 })
  expect(await text(await shelf.open('webmin.deb'))).toBe('bytes')
})

test('one that was replaced has its new digest', async () => {
  await writeFile(path.join(root, 'x'), 'first')
  await shelf.find('x')
  await writeFile(path.join(root, 'x'), 'other')
  expect(await shelf.find('x')).toEqual({ sha256: sha256('other'), size: 5 })
})

test('a link of the administrator’s is followed', async () => {
  await writeFile(path.join(root, 'real'), 'bytes')
  await symlink('real', path.join(root, 'link'))
  expect(await shelf.find('link')).toEqual({ sha256: sha256('bytes'), size: 5 })
})

test('what is not there, no file or above the shelf is not found', async () => {
  await mkdir(path.join(root, 'directory'))
  execFileSync('mkfifo', [path.join(root, 'pipe')])
  for (const name of ['nothing', 'directory', 'pipe', '../passwd', '.', '..', ''])
    expect(await shelf.find(name), name).toBeUndefined()
  await expect(shelf.open('nothing')).rejects.toMatchObject({
    code: 'MediumMissing',
    message: `there is no file "nothing" in ${root}, expected the administrator to put it there`,
  })
})
