// When the Debian image in the cache is made anew: what the mirror holds decides, and the scripts.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
let work: string
const at = (name: string) => path.join(work, name)
const runs = () => (existsSync(at('runs')) ? readFileSync(at('runs'), 'utf8').trim().split('\n').length : 0)
const hold = (text: string) => writeFileSync(at('mirror/dists/bookworm/InRelease'), text)

/** Stands for the script that makes the image: it keeps the same books. */
const maker = `#!/bin/sh
set -eu
suite=bookworm
include=procps
"$(dirname "$0")/lx-image-inputs.sh" >"\${1%.tar*}.inputs"
echo image >"$1"
echo run >>"$ZONEFLASH_CACHE/../runs"
`

beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'zoneflash-image-'))
  for (const name of ['cache', 'mirror/dists/bookworm', 'root/sandbox/lx-image'])
    mkdirSync(at(name), { recursive: true })
  for (const name of ['lx-image-inputs.sh', 'debian-mirror.sh', 'lx-image/first-boot'])
    cpSync(path.join(root, 'sandbox', name), at(`root/sandbox/${name}`))
  writeFileSync(at('root/sandbox/make-lx-image.sh'), maker, { mode: 0o755 })
  hold('12.1')
})
afterEach(() => rmSync(work, { recursive: true }))

function bootstrap(word: string, mirror = 'mirror') {
  const { status, stdout, stderr } = spawnSync(path.join(root, 'templates/default/bootstrap.sh'), [word], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      ZONEFLASH_ROOT: at('root'),
      ZONEFLASH_CACHE: at('cache'),
      ZONEFLASH_DEBIAN_MIRROR: `file://${at(mirror)}`,
    },
  })
  return { status, stdout, stderr }
}

test('new packages at the mirror make the list another, and the image anew', () => {
  const { stdout: list } = bootstrap('list')
  expect(list).toMatch(
    /^suite bookworm\npackages procps\nmirror .*\nrelease [0-9a-f]{64}\nscript [0-9a-f]{64}\n$/,
  )
  for (const _ of ['made', 'kept'])
    expect(bootstrap(at('out'))).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(runs()).toBe(1)
  hold('12.2')
  expect(bootstrap('list').stdout).not.toBe(list)
  expect(bootstrap(at('out')).status).toBe(0)
  expect(runs()).toBe(2)
  // one that says nothing of what it was made of
  rmSync(at('cache/debian-12-lx.inputs'))
  expect(bootstrap(at('out')).status).toBe(0)
  expect(runs()).toBe(3)
  expect(readFileSync(at('out'), 'utf8')).toBe('image\n')
})

test('a mirror that does not answer is said, and holds what was last known', () => {
  const { stdout: list } = bootstrap(at('out')) && bootstrap('list')
  rmSync(at('mirror'), { recursive: true })
  const offline = bootstrap('list')
  expect(offline).toMatchObject({ status: 0, stdout: list })
  expect(offline.stderr).toContain('cannot be fetched')
  expect(bootstrap(at('out')).status).toBe(0)
  // of another mirror nothing was ever known: the image that is there does
  const unknown = bootstrap(at('out'), 'another')
  expect(unknown.status).toBe(0)
  expect(unknown.stderr).toContain('nobody knows what the mirror holds now')
  expect(runs()).toBe(1)
})
