// Streams that were written without ZFS, received by a real one (zfs-fuse: pool 23, ZPL 4).
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStreamTree } from '#adapters/zfs/open-tree.ts'
import { openStreamPath } from '#adapters/zfs/stream-source.ts'
import { ArchiveSource } from '#adapters/zfs/sources/archive.ts'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { StreamTreeSource } from '#adapters/zfs/sources/stream.ts'
import { SnapshotRenamer } from '#core/zfs/rename-snapshot.ts'
import type { TreeSource } from '#core/zfs/write/tree-source.ts'
import { writeFullStream, type FullStreamOptions } from '#core/zfs/write/write-full-stream.ts'
import { writeIncrement } from '#core/zfs/write/write-increment.ts'
import { applied } from '#test/core/zfs/write/applied.ts'
import { comparableListing, digestTree, listTree, nastyChanges, nastyTree } from '#test/nasty-tree.ts'
import { createTestHost, sandboxCommand, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const POOL = 'receiver'
const flarPreamble = `printf '%s\\n' FlAsH-aRcHiVe-2.0 section_begin=identification content_name=tree type=FULL \\
  files_archived_method=cpio files_compressed_method=compress section_end=identification section_begin=archive`

describe.skipIf(sandboxLack)('a stream that was written without ZFS', () => {
  let host: TestHost
  let scratch: string
  let tree: string
  let wanted: ReturnType<typeof describeTree>

  const describeTree = (sh: (script: string) => string) => ({
    listing: comparableListing(sh(listTree)),
    digests: sh(digestTree),
  })
  const here = (directory: string) => (script: string) =>
    execFileSync('sh', ['-ec', script, 'sh', directory], { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 })
  const there = (directory: string) => (script: string) =>
    execFileSync(sandboxCommand, ['enter', POOL, '--', 'sh', '-ec', script, 'sh', directory], {
      env: { ...process.env, SANDBOX_DIR: host.directory },
      encoding: 'latin1',
      maxBuffer: 64 * 1024 * 1024,
    })

  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'zoneflash-written-'))
    tree = path.join(scratch, 'tree')
    execFileSync('mkdir', [tree])
    execFileSync('sh', ['-ec', nastyTree], { cwd: tree })
    wanted = describeTree(here(tree))
    host = await createTestHost(POOL)
  })
  afterAll(async () => {
    await host.destroy()
    rmSync(scratch, { recursive: true })
  })

  const write = async (source: TreeSource, name: string, options: Partial<FullStreamOptions> = {}) => {
    const file = path.join(scratch, `${name}.zfs`)
    await pipeline(
      writeFullStream(source, { zpl: 4, snapshot: 'written', ...options }),
      createWriteStream(file),
    )
    return file
  }
  const receive = (file: string, name: string) => {
    const { status, stderr } = spawnSync(
      sandboxCommand,
      ['enter', POOL, '--', 'zfs', 'receive', `${POOL}/${name}`],
      {
        env: { ...process.env, SANDBOX_DIR: host.directory },
        input: readFileSync(file),
        encoding: 'utf8',
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }
  const scrub = `zpool scrub ${POOL}; while zpool status ${POOL} | grep 'in progress' >/dev/null; do sleep 0.05; done; zpool status -x ${POOL}`

  test('of a directory is received as the same tree', async () => {
    receive(await write(new DirectorySource(tree), 'directory'), 'directory')
    expect(describeTree(there(`/${POOL}/directory`))).toEqual(wanted)
    expect(await host.must(['zfs', 'get', '-H', '-o', 'value', 'version', `${POOL}/directory`])).toBe('4\n')
    expect(
      await host.must(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name', '-r', `${POOL}/directory`]),
    ).toBe(`${POOL}/directory@written\n`)
  })

  test('of a directory is received under another name of its snapshot', async () => {
    const file = await write(new DirectorySource(tree), 'renamed')
    const renamer = new SnapshotRenamer('kayak')
    const pieces = renamer.push(readFileSync(file))
    renamer.finish()
    writeFileSync(file, Buffer.concat(pieces))
    receive(file, 'renamed')
    expect(describeTree(there(`/${POOL}/renamed`))).toEqual(wanted)
    expect(
      await host.must(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name', '-r', `${POOL}/renamed`]),
    ).toBe(`${POOL}/renamed@kayak\n`)
  })

  test('has directories as large as what is in them, with a link for each directory below', async () => {
    const directories = `cd "$1" && find . -type d -exec sh -c 'for d; do
      set -- "$(ls -AU "$d" | tr -d "\\n" >/dev/null; find "$d" -mindepth 1 -maxdepth 1 -printf x | wc -c)" "$(find "$d" -mindepth 1 -maxdepth 1 -type d -printf x | wc -c)"
      echo "$1 $2 $(stat -c "%s %h" "$d")"; done' sh {} +`
    for (const line of there(`/${POOL}/directory`)(directories).trim().split('\n')) {
      const [names = 0, below = 0, size, links] = line.split(' ').map(Number)
      expect([size, links]).toEqual([names + 2, below + 2])
    }
  })

  test('lets its receiver add, rename and remove names, grow and cut files, and scrub', () => {
    const use = String.raw`cd "$1"
      (cd many && seq -f 'added-%g' 1 2500 | xargs touch && mv entry-7 moved && rm entry-*)
      [ "$(ls many | wc -l)" -eq 2501 ]
      (cd many-long && seq -f 'one more name of more than fifty bytes, so that leaves split: %g' 1 1500 | xargs -d '\n' touch)
      [ "$(ls many-long | wc -l)" -eq 1900 ]
      echo more >>sizes/131072; echo more >>sizes/512; truncate -s 10 sizes/400001; truncate -s 1M sizes/1; echo x >links/first
      [ "$(cat links/below/deep/third)" = x ]
      mv links/below names/moved; mkdir targets/new; chmod 0700 owners; chown -R 1:2 modes
      zfs snapshot ${POOL}/directory@later
      find . -mindepth 1 -delete
      [ -z "$(ls -A)" ]
      ${scrub}`
    expect(there(`/${POOL}/directory`)(use)).toBe(`pool '${POOL}' is healthy\n`)
  })

  test.each([
    ['tar', 'tar -C "$1" -cf - .'],
    ['pax-zstd', 'tar -C "$1" --format=posix --sparse --sparse-version=1.0 -cf - . | zstd -q -1'],
    ['cpio', 'cd "$1" && find . -print0 | cpio --quiet -0 -o -H newc'],
    ['flar', `${flarPreamble}; cd "$1" && find . -print0 | cpio --quiet -0 -o -H crc | compress -c`],
  ])('of an archive (%s) is received as the same tree', async (name, pack) => {
    const archive = path.join(scratch, name)
    execFileSync('bash', ['-ec', `(${pack}) >"$2"`, 'sh', tree, archive])
    receive(await write(new ArchiveSource(() => createReadStream(archive)), name), name)
    // In a cpio archive every name of a symlink is a symlink of its own.
    const compared = ({ listing, digests }: typeof wanted) => ({
      listing: listing.filter((row) => (name !== 'cpio' && name !== 'flar') || !row.includes('symlink')),
      digests,
    })
    expect(compared(describeTree(there(`/${POOL}/${name}`)))).toEqual(compared(wanted))
  })

  test('of ZPL 5 becomes one of ZPL 4 that is received as the same tree', async () => {
    const modern = await write(new DirectorySource(tree), 'modern', { zpl: 5 })
    const open = await openStreamTree([await openStreamPath(modern, { directory: scratch, maxBytes: 1e10 })])
    const old = await write(new StreamTreeSource(open), 'old')
    await open.close()
    receive(old, 'old')
    expect(describeTree(there(`/${POOL}/old`))).toEqual(wanted)
  })

  test('of a zone’s root has it below a directory of root’s alone', async () => {
    const file = await write(new DirectorySource(path.join(tree, 'links')), 'zonepath', { wrap: 'zonepath' })
    receive(file, 'zonepath')
    const list = await host.must(['sh', '-c', `stat -c '%n %a %U %h' /${POOL}/zonepath /${POOL}/zonepath/*`])
    expect(list).toBe(`/${POOL}/zonepath 700 root 3\n/${POOL}/zonepath/root 755 root 3\n`)
    expect(await host.must(['cat', `/${POOL}/zonepath/root/below/second`])).toBe('one\n')
  })

  test('shows device numbers as its receiver reads them', async () => {
    const special = path.join(tree, 'special')
    receive(await write(new DirectorySource(special), 'devices', { devices: 'zfs-fuse' }), 'devices')
    const devices = `cd "$1" && stat -c '%n %t:%T' null disk`
    expect(there(`/${POOL}/devices`)(devices)).toBe(here(special)(devices))
  })

  test('and an increment to what the tree has become are received as the new tree', async () => {
    const stream = readFileSync(await write(new DirectorySource(tree), 'old-version'))
    const base = await applied(stream)
    receive(path.join(scratch, 'old-version.zfs'), 'versions')
    execFileSync('sh', ['-ec', nastyChanges], { cwd: tree })
    const digests = new Map<number, string>()
    for (const { path: name, object, type } of base.tree.nodes) {
      if (type !== 'file') continue
      digests.set(
        object,
        createHash('sha256')
          .update(await base.read(name))
          .digest('hex'),
      )
    }
    const file = path.join(scratch, 'increment.zfs')
    const increment = writeIncrement(new DirectorySource(tree), {
      base: base.set,
      tree: base.tree,
      digestOf: ({ object }) => digests.get(object),
      toName: 'zoneflash@new',
      clone: false,
      created: 1_763_000_000,
    })
    await pipeline(increment, createWriteStream(file))
    expect(statSync(file).size).toBeLessThan(stream.byteLength / 2)
    receive(file, 'versions')
    expect(describeTree(there(`/${POOL}/versions`))).toEqual(describeTree(here(tree)))
  })

  test('leaves the pool without an error', async () => {
    expect(await host.must(['sh', '-ec', scrub])).toBe(`pool '${POOL}' is healthy\n`)
  })
})
