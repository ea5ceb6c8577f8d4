import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { walkTree } from '#adapters/flar/local-tree.ts'
import { measureTree } from '#adapters/flar/measure-tree.ts'
import { FlarFilters } from '#core/flar/filters.ts'

test.each([
  [2 ** 31 - 1, undefined, undefined],
  [2 ** 31, undefined, /2147483648 bytes, old programs of cpio read less than 2 GiB/],
  [2 ** 32 - 1, undefined, /4294967295 bytes, old/],
  [2 ** 32, /4294967296 bytes, cpio holds less than 4 GiB/, undefined],
])(
  'a file of %i bytes is told where cpio does not hold it, or not every cpio reads it',
  async (size, no, old) => {
    const root = mkdtempSync(path.join(tmpdir(), 'zoneflash-measure-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    writeFileSync(path.join(root, 'large'), '')
    truncateSync(path.join(root, 'large'), size)
    const measured = await measureTree(walkTree(root, new FlarFilters([])))
    expect(measured.tooMuchForCpio?.why ?? 'nothing').toMatch(no ?? /^nothing$/)
    expect(measured.tooMuchForOldCpio?.why ?? 'nothing').toMatch(old ?? /^nothing$/)
  },
)
