// A system's stream as kayak receives it: another compression, and a snapshot called kayak.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { findConverted } from '#core/conversion/target.ts'
import { RecordReader } from '#core/zfs/record-reader.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { openConversionSite, type ConversionSite } from './conversion-site.ts'

let site: ConversionSite
let directory: string
beforeEach(async () => {
  site = await openConversionSite()
  directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-root-'))
})
afterEach(async () => {
  rmSync(directory, { recursive: true })
  await site.close()
})

/** Of a root file system with these directories. */
async function streamOf(...directories: string[]): Promise<Buffer> {
  for (const name of directories) mkdirSync(path.join(directory, name), { recursive: true })
  writeFileSync(path.join(directory, directories[0] ?? '', 'passwd'), 'root:x:0:0::/root:/bin/sh\n')
  const pieces: Uint8Array[] = []
  const source = new DirectorySource(directory)
  for await (const piece of writeFullStream(source, { zpl: 4, snapshot: 'golden' }))
    pieces.push(piece.slice())
  return Buffer.concat(pieces)
}
const rootStream = () => streamOf('etc', 'usr/bin', 'var', 'kernel')

const infoOf = (bytes: Uint8Array) => {
  const reader = new RecordReader()
  reader.push(bytes)
  reader.finish()
  return reader.info()
}

test.each([
  ['kayak.xz', 'xz', ['xz', '-dc']],
  ['kayak.gz', 'gzip', ['gzip', '-dc']],
  ['kayak.bz2', 'bzip2', ['bzip2', '-dc']],
] as const)(
  '%s is the same stream with its snapshot renamed',
  async (target, compression, [program, ...args]) => {
    const bytes = await rootStream()
    await site.push('1.0', bytes)
    await site.convert('1.0', target)
    const { manifest } = await site.catalog.getVersion('web', '1.0')
    const made = findConverted(manifest.artifacts, target)
    if (!made) throw new Error(`no ${target}`)
    expect(made).toMatchObject({
      format: 'zfs',
      compression,
      layout: 'zoneroot',
      snapshot: 'zoneflash@kayak',
    })
    const plain = execFileSync(program, args, { input: await site.bytes(made) })
    const [before, after] = [infoOf(bytes), infoOf(plain)]
    expect(after.snapshots[0]).toEqual({ ...before.snapshots[0], toName: 'zoneflash@kayak' })
    expect({ ...after, snapshots: [] }).toEqual({ ...before, snapshots: [] })
  },
)

test('asked for twice it is made once', async () => {
  await site.push('1.0', await rootStream())
  await site.convert('1.0', 'kayak.gz')
  await site.convert('1.0', 'kayak.gz')
  expect(await site.forms('1.0')).toEqual(['zfs', 'zfs.gz'])
})

test.each([
  ['a zonepath', async () => streamOf('root/etc', 'root/usr', 'root/var')],
  [
    'an archive',
    async () => {
      await rootStream()
      return execFileSync('tar', ['-C', directory, '-cf', '-', '.'])
    },
  ],
])('the root file system comes out of %s', async (_what, bytes) => {
  await site.push('1.0', await bytes())
  await site.convert('1.0', 'kayak.gz')
  const made = await site.form('1.0', 'zfs.gz')
  expect(made).toMatchObject({ layout: 'zoneroot', snapshot: 'zoneflash@kayak' })
  expect((await site.entries(made)).map((entry) => entry.path)).toContain('etc')
})
