// Zones that are one small receive: personal streams on a real ZFS (zfs-fuse: pool 23, ZPL 4).
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DirectorySource } from '#adapters/zfs/sources/directory.ts'
import { identityOf } from '#core/identity/identity.ts'
import type { PersonalStreamRequest } from '#core/identity/personal-stream.ts'
import { renderPersonalStream } from '#core/identity/render-personal-stream.ts'
import { PlannedZone } from '#core/plan/schema.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { exampleManifest } from '#test/core/example-plan.ts'
import { applyChanges, entriesOf } from '#test/core/identity/on-disk.ts'
import { applied, collect, type Applied } from '#test/core/zfs/write/applied.ts'
import { makeSolaris10Zoneroot } from '#test/fixtures/solaris10-zoneroot.ts'
import { comparableListing, digestTree, listTree } from '#test/nasty-tree.ts'
import { createTestHost, sandboxCommand, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const POOL = 'clones'
const material = { machineId: new Uint8Array(16).fill(7) }
const now = new Date('2026-11-21T12:00:00Z')

const zone = PlannedZone.parse({
  name: 'web01',
  template: 'web',
  version: '1.0',
  osFamily: 'solaris10',
  zonepath: `/${POOL}/web01`,
  nodename: 'web01',
  zonecfg: `create -t flashweb\nset zonepath=/${POOL}/web01\nset autoboot=true\nverify\ncommit\n`,
  replaces: [],
  sysidcfg: 'system_locale=C\nterminal=vt100\n',
  touch: [],
  timezone: 'UTC',
  smoke: [],
})
const manifest = exampleManifest('web', { brand: 'native', osFamily: 'solaris10' })

describe.skipIf(sandboxLack)('a personal stream', () => {
  let host: TestHost
  let scratch: string

  const inside = (script: string, directory: string) =>
    execFileSync(sandboxCommand, ['enter', POOL, '--', 'sh', '-ec', script, 'sh', directory], {
      env: { ...process.env, SANDBOX_DIR: host.directory },
      encoding: 'latin1',
      maxBuffer: 64 * 1024 * 1024,
    })
  const receive = (stream: Uint8Array, name: string) => {
    const argv = ['enter', POOL, '--', 'zfs', 'receive', `${POOL}/${name}`]
    const env = { ...process.env, SANDBOX_DIR: host.directory }
    const { status, stderr } = spawnSync(sandboxCommand, argv, { env, input: stream, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }
  const origin = (name: string) => host.must(['zfs', 'get', '-H', '-o', 'value', 'origin', `${POOL}/${name}`])
  const render = (base: Applied, more: Partial<PersonalStreamRequest> = {}) =>
    renderPersonalStream({
      base: base.set,
      tree: base.tree,
      manifest,
      zone,
      release: 's10u8',
      material,
      readFile: base.read,
      now,
      ...more,
    })

  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'zoneflash-personal-'))
    host = await createTestHost(POOL)
  })
  afterAll(async () => {
    await host.destroy()
    rmSync(scratch, { recursive: true })
  })

  test('makes a template of thousands of entries a zone with an identity of its own', async () => {
    const root = path.join(scratch, 'golden/root')
    mkdirSync(path.dirname(root))
    makeSolaris10Zoneroot(root, { kind: 'whole', nodename: 'golden' })
    execFileSync('sh', [
      '-ec',
      'cd "$1" && for d in $(seq 10); do mkdir -p opt/many/$d; (cd opt/many/$d && seq 200 | xargs touch); done',
      'sh',
      root,
    ])
    const stream = await collect(
      writeFullStream(new DirectorySource(root), { zpl: 4, snapshot: 'v1', wrap: 'zonepath' }),
    )
    const base = await applied(stream)
    expect(base.tree.nodes.length).toBeGreaterThan(2000)
    receive(stream, 'template')

    const bytes = await render(base)
    expect(bytes.byteLength).toBeLessThan(40 * 1024)
    receive(bytes, 'web01')
    expect(await origin('web01')).toBe(`${POOL}/template@v1\n`)

    const readFile = (file: string) => Promise.resolve(readFileSync(path.join(root, file)))
    const changes = await identityOf({
      entries: entriesOf(root),
      zone,
      material,
      readFile,
      attached: true,
    })
    applyChanges(root, changes)
    const xml = await host.must(['cat', `/${POOL}/web01/SUNWdetached.xml`])
    expect(parseZoneXml(xml)).toMatchObject({ name: 'web01', zonepath: `/${POOL}/web01`, autoboot: true })
    writeFileSync(path.join(scratch, 'golden/SUNWdetached.xml'), xml, { mode: 0o644 })
    execFileSync('chmod', ['700', path.join(scratch, 'golden')])
    const wanted = described((script) =>
      execFileSync('sh', ['-ec', script, 'sh', path.join(scratch, 'golden')], {
        encoding: 'latin1',
        maxBuffer: 64 * 1024 * 1024,
      }),
    )
    expect(described((script) => inside(script, `/${POOL}/web01`))).toEqual(wanted)
  })

  test('leaves a zone that can be written to, emptied, and sent again', async () => {
    const use = `cd "$1"; printf more >>root/etc/sysidcfg; printf x >root/var/adm/messages; mkdir root/etc/new
      seq 100 | sed 's,^,root/tmp/,' | xargs touch; rm root/etc/.UNCONFIGURED; rm -r root/opt/many/1 root/var/log
      zfs snapshot ${POOL}/web01@later; zfs send ${POOL}/web01@later >/tmp/sent; zfs send -i ${POOL}/template@v1 ${POOL}/web01@later >/tmp/increment`
    inside(use, `/${POOL}/web01`)
    const sent = await applied(Buffer.from(inside('cat /tmp/sent', '/'), 'latin1'))
    expect(sent.tree.nodes.length).toBe(Number(inside('find "$1" | wc -l', `/${POOL}/web01`)))
    expect((await sent.read('root/etc/sysidcfg')).toString()).toBe(`${zone.sysidcfg}more`)
    inside(`find "$1" -mindepth 1 -delete; [ -z "$(ls -A "$1")" ]`, `/${POOL}/web01`)
  })

  test('is received on a template that a pool has sent', async () => {
    const stream = readFileSync(path.join(import.meta.dirname, '../fixtures/zfs/full.zfs'))
    const base = await applied(stream)
    receive(stream, 'sent')
    const linux = { ...zone, name: 'lx01', osFamily: 'linux' as const, rootPassword: '$5$a$b' }
    const bytes = await render(base, { zone: linux, release: 'illumos' })
    receive(bytes, 'lx01')
    expect(await origin('lx01')).toBe(`${POOL}/sent@base\n`)
    const after = await applied(stream, bytes)
    const rows = after.tree.nodes.map(({ path: name, mode, uid, gid, links, size, type }) => {
      const bytesOf = type === 'file' ? size : '-'
      return `${name} ${mode.toString(8)} ${uid}:${gid} ${bytesOf} ${links}`
    })
    const find = String.raw`cd "$1" && find . -type f -printf '%p %m %U:%G %s %n\0' -o -printf '%p %m %U:%G - %n\0'`
    const found = Buffer.from(inside(find, `/${POOL}/lx01`), 'latin1')
      .toString()
      .split('\0')
    expect(found.flatMap((row) => row.replace(/^\.\//, '') || []).toSorted()).toEqual(rows.toSorted())
    expect(await host.must(['cat', `/${POOL}/lx01/root/etc/hostname`])).toBe('web01\n')
  })

  test('leaves the pool without an error', async () => {
    const scrub = `zpool scrub ${POOL}; while zpool status ${POOL} | grep 'in progress' >/dev/null; do sleep 0.05; done; zpool status -x ${POOL}`
    expect(await host.must(['sh', '-ec', scrub])).toBe(`pool '${POOL}' is healthy\n`)
  })
})

/** Without times: those of what changed are the increment's. */
function described(sh: (script: string) => string): { listing: string[]; digests: string } {
  const withoutTime = listTree.replaceAll(String.raw`\t%Ts`, '')
  return { listing: comparableListing(sh(withoutTime)), digests: sh(digestTree) }
}
