// A layer that the server makes, laid over the origin's tree by the finish script: what comes out is the version's tree.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { ProcessShell } from '#adapters/host-shell/process-shell.ts'
import { writeLayer } from '#adapters/layer/write-layer.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import type { PackagedArchives } from '#app/package-zone.ts'
import type { Artifact } from '#core/manifest.ts'
import { shells } from './shells.ts'

const scripts = path.resolve(import.meta.dirname, '../../finish-scripts')
const origin = { template: 'default', version: '7' }
const signal = new AbortController().signal
const made: PackagedArchives[] = []
let work: string
let store: FileBlobStore
let layers: Artifact[]

/** Names that a shell, a list or a sorted file could get wrong. */
const names = ['a b', `it's`, '$HOME', '`date`', 'back\\x2dslash', '-n', '*', 'umläut', 'a-b', 'x -> y', '"']

function makeOrigin(root: string): void {
  for (const directory of ['etc', 'usr/bin', 'gone/deep', 'a/kept', 'turns', 'names'])
    mkdirSync(path.join(root, directory), { recursive: true })
  writeFileSync(
    path.join(root, 'usr/bin/bulk'),
    'x'.repeat(300_000).replaceAll(/x/g, () => String(Math.random()).at(-1) ?? ''),
  )
  for (const name of names) writeFileSync(path.join(root, 'names', name), 'old\n')
  for (const name of ['same', 'edited', 'chmodded', 'owned', 'to-link', 'to-directory', 'one'])
    writeFileSync(path.join(root, 'etc', name), `${name}\n`)
  writeFileSync(path.join(root, 'gone/deep/file'), 'gone\n')
  writeFileSync(path.join(root, 'a-b'), 'between a and a/kept\n')
  writeFileSync(path.join(root, 'turns/inside'), 'x\n')
  for (const other of ['two', 'three'])
    execFileSync('ln', [path.join(root, 'etc/one'), path.join(root, 'etc', other)])
  execFileSync('ln', [path.join(root, 'etc/same'), path.join(root, 'etc/same-too')])
  symlinkSync('etc/same', path.join(root, 'pointer'))
}

function change(root: string): void {
  const etc = (name: string) => path.join(root, 'etc', name)
  writeFileSync(etc('edited'), 'other\n')
  chmodSync(etc('chmodded'), 0o6751)
  chownSync(etc('owned'), 27, 28)
  rmSync(etc('to-link'))
  symlinkSync('../usr/bin/bulk', etc('to-link'))
  rmSync(etc('to-directory'))
  mkdirSync(etc('to-directory'))
  writeFileSync(path.join(etc('to-directory'), 'child'), 'child\n')
  rmSync(path.join(root, 'turns'), { recursive: true })
  writeFileSync(path.join(root, 'turns'), 'a file now\n')
  rmSync(path.join(root, 'gone'), { recursive: true })
  rmSync(etc('three'))
  writeFileSync(etc('three'), 'one\n')
  rmSync(path.join(root, 'pointer'))
  symlinkSync('elsewhere', path.join(root, 'pointer'))
  chmodSync(path.join(root, 'a'), 0o1777)
  for (const name of names.slice(0, 6)) rmSync(path.join(root, 'names', name))
  for (const name of names.slice(6)) writeFileSync(path.join(root, 'names', name), 'new\n')
  mkdirSync(path.join(root, 'names', `new 'dir`))
  writeFileSync(path.join(root, 'names', `new 'dir`, 'new $file'), 'new\n')
  chmodSync(path.join(root, 'names', `new 'dir`, 'new $file'), 0o2640)
}

async function pack(zoneroot: string): Promise<PackagedArchives> {
  const archives = await packageArchives(
    { shell: new ProcessShell((argv) => argv), zoneroot, brand: 'lx', signal, onProgress: () => undefined },
    {
      blobs: store,
      limits: { maxEntries: 10_000, maxNameBytes: 1023 },
      spoolDirectory: path.join(work, 'spool'),
    },
  )
  made.push(archives)
  return archives
}

async function layerOf(from: PackagedArchives, to: PackagedArchives) {
  const [base, full] = [from.artifacts[0], to.artifacts[1]]
  if (!base || !full) throw new Error('no archives')
  return writeLayer(
    { origin, base, originEntries: from.entries, entries: to.entries, full, artifacts: to.artifacts, signal },
    { blobs: store, spoolDirectory: path.join(work, 'spool') },
  )
}

const listing = (root: string) =>
  execFileSync(
    'sh',
    [
      '-c',
      `find . ! -name . -printf '%P %y %m %U %G %l\\n' -type f -printf '%n\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum`,
    ],
    { cwd: root, encoding: 'utf8' },
  )

/** Lays the layer over a copy of the tree, as the finish script does, with `before` to spoil the copy. */
function lay(
  shell: readonly [string, ...string[]],
  layer: Artifact,
  before: (root: string) => void = () => {},
  digest = 'sha256sum',
) {
  const place = mkdtempSync(path.join(work, 'place-'))
  const root = path.join(place, 'web_incoming/root')
  mkdirSync(path.dirname(root))
  execFileSync('sh', ['-c', 'cp -a "$1" "$2"', 'copy', path.join(work, 'origin'), root])
  before(root)
  const [command, ...args] = shell
  const run = spawnSync(
    command,
    [
      ...args,
      '-c',
      `LC_ALL=C; export LC_ALL
      zf_awk=mawk; zf_digest=${digest}; zf_work=$2; fetch_incoming=$2/web_incoming; layer_new=$fetch_incoming/layer
      for file in lib fetch unpack zfs forms layer zoneroot; do . "$1/$file.sh"; done
      t_name=web; t_layer_origin=default; t_layer_origin_version=7
      mkdir "$layer_new" && gzip -dc "$3" | (untar "$layer_new") && apply_layer`,
      'apply',
      scripts,
      place,
      store.pathOf(layer.sha256),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } },
  )
  return { status: run.status, said: run.stderr, root, place }
}

describe.skipIf(process.getuid?.() !== 0)('a layer (needs root: it changes owners)', () => {
  beforeAll(async () => {
    work = mkdtempSync(path.join(tmpdir(), 'zoneflash-layer-'))
    store = new FileBlobStore(path.join(work, 'blobs'))
    makeOrigin(path.join(work, 'origin'))
    execFileSync('cp', ['-a', path.join(work, 'origin'), path.join(work, 'version')])
    change(path.join(work, 'version'))
    const outcome = await layerOf(
      await pack(path.join(work, 'origin')),
      await pack(path.join(work, 'version')),
    )
    if (!('layers' in outcome)) throw new Error(outcome.skipped)
    layers = outcome.layers
  })
  afterAll(async () => {
    await Promise.all(made.map((archives) => archives.close()))
    rmSync(work, { recursive: true, force: true })
  })

  const gz = () => {
    const layer = layers.find(({ compression }) => compression === 'gzip')
    if (!layer) throw new Error('no layer')
    return layer
  }

  test.each(shells.map((shell) => ({ shell, name: shell.join(' ') })))(
    'over the tree of the origin gives that of the version, under $name',
    ({ shell }) => {
      const { status, said, root } = lay(shell, gz())
      expect({ status, said: said.replace(/^\d+ blocks?\n/gm, '') }).toEqual({ status: 0, said: '' })
      expect(listing(root)).toBe(listing(path.join(work, 'version')))
    },
  )

  test('is checked with openssl as well', () => {
    expect(lay(['dash'], gz(), undefined, 'openssl')).toMatchObject({ status: 0 })
  })

  test('is the same bytes whenever it is made, and small', async () => {
    const [from, to] = made
    if (!from || !to) throw new Error('no archives')
    expect(await layerOf(from, to)).toEqual({ layers })
    expect(gz().size).toBeLessThan((to.artifacts[0]?.size ?? 0) / 10)
  })

  test('names its base, and what it removes, before its tree', () => {
    const tar = (...args: string[]) =>
      execFileSync('tar', ['-xzOf', store.pathOf(gz().sha256), ...args], { encoding: 'utf8' })
    expect(tar('layer/head')).toMatch(
      new RegExp(
        `^zoneflash-layer 1\norigin default@7\nbase ${made[0]?.artifacts[0]?.sha256}\nlisting [0-9a-f]{64}\n$`,
      ),
    )
    expect(tar('layer/remove').split('\n')).toEqual(
      expect.arrayContaining(['gone', 'turns', 'etc/two', `names/it's`]),
    )
    expect(tar('layer/remove')).not.toContain('gone/')
  })

  test.each<[string, (root: string) => void]>([
    [
      'a file with other contents of the same size',
      (root) => writeFileSync(path.join(root, 'etc/same'), 'SAME\n'),
    ],
    ['a file too many', (root) => writeFileSync(path.join(root, 'etc/extra'), '')],
    ['a file too few', (root) => rmSync(path.join(root, 'etc/same'))],
    ['another mode', (root) => chmodSync(path.join(root, 'etc/same'), 0o600)],
    ['another owner', (root) => chownSync(path.join(root, 'etc/same'), 5, 5)],
    [
      'a broken hard link',
      (root) => execFileSync('sh', ['-c', 'cp -p etc/same x && mv x etc/same-too'], { cwd: root }),
    ],
  ])('is refused over a tree that has %s', (_what, spoil) => {
    expect(lay(['dash'], gz(), spoil)).toMatchObject({
      status: 1,
      said: expect.stringContaining('lists as'),
    })
  })

  test.each(['etc', 'names', 'a'])('follows no link: %s leads outside', (directory) => {
    const outside = mkdtempSync(path.join(work, 'outside-'))
    execFileSync('cp', ['-a', `${path.join(work, 'origin', directory)}/.`, outside])
    const before = listing(outside)
    const { status, said } = lay(['dash'], gz(), (root) => {
      rmSync(path.join(root, directory), { recursive: true })
      symlinkSync(outside, path.join(root, directory))
    })
    expect({ status, said }).toMatchObject({ status: 1, said: expect.stringContaining('refused') })
    expect(listing(outside)).toBe(before)
  })
})
