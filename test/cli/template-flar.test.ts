// Flash archives on the command line, against the product as a user starts it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cpioOf, flarOf } from '#test/adapters/archive/flar.ts'
import { shell, withTree, zoneTree } from '#test/archives.ts'
import { startProduct, type RunningProduct } from '#test/running-product.ts'

let work: string
let product: RunningProduct
let pushed: Buffer

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-flar-'))
  product = await startProduct(path.join(work, 'data'))
  pushed = withTree(zoneTree, (directory) =>
    flarOf(shell(directory, 'compress -cf || [ $? = 2 ]', cpioOf(directory)), {
      keys: {
        files_compressed_method: 'compress',
        creation_os_name: 'SunOS',
        creation_release: '5.10',
        files_unarchived_size: '1',
      },
    }),
  )
  await writeFile(path.join(work, 'web.flar'), pushed)
})
afterAll(async () => {
  await product.stop()
  await rm(work, { recursive: true, force: true })
})

const cli = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await product.cli(args, { XDG_STATE_HOME: path.join(work, 'state') })
  expect(status, stderr).toBe(0)
  return stdout
}

test('one is pushed, looked into, made into other forms, and exported again', async () => {
  expect(await cli('template', 'push', path.join(work, 'web.flar'), '--name', 'web')).toContain('is ready')
  const shown = await cli('template', 'show', 'web@stable')
  expect(shown).toMatch(/\nflar:\n {4}name {7}web\n {4}holds {6}cpio, compressed\n {4}made on {4}golden1\n/)
  expect(shown).toContain('note       files_unarchived_size is 1, but its files alone have')
  expect(await cli('template', 'files', 'web')).toContain('etc/nodename link to etc/hostname')
  expect(await product.cli(['template', 'hygiene', 'web'])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/etc\/(shadow|nodename|hostname)/),
  })

  await cli('template', 'convert', 'web', '--to', 'tar.gz')
  await cli('template', 'pull', 'web', '--form', 'tar.gz', '-o', path.join(work, 'web.tar.gz'))
  await cli('template', 'push', path.join(work, 'web.tar.gz'), '--name', 'web2', '--brand', 'native')
  const out = path.join(work, 'web2.flar')
  expect(await cli('template', 'export', 'web2', '--to', 'flar', '-o', out)).toContain(`${out}: `)
  const exported = await readFile(out)
  expect(exported.subarray(0, 18).toString()).toBe('FlAsH-aRcHiVe-2.0\n')
  expect(await cli('template', 'diff', 'web@stable', 'web2@stable')).toContain(
    '0 added, 0 removed, 0 changed',
  )

  const half = path.join(work, 'half.flar')
  await writeFile(`${half}.part`, exported.subarray(0, 2000))
  await cli('template', 'export', 'web2', '--to', 'flar', '-o', half)
  expect((await readFile(half)).equals(exported)).toBe(true)
})

test('a file that is there is not written over, and nothing is converted for it', async () => {
  const out = path.join(work, 'there.flar')
  await writeFile(out, 'mine')
  const { status, stderr } = await product.cli(['template', 'export', 'web', '--to', 'cpio.gz', '-o', out], {
    XDG_STATE_HOME: path.join(work, 'state'),
  })
  expect([status, stderr]).toEqual([1, expect.stringContaining('is there already')])
  expect(await cli('template', 'show', 'web@stable')).not.toContain('cpio.gz')
})
