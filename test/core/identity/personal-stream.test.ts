import { describe, expect, test } from 'vitest'
import type { PersonalStreamRequest } from '#core/identity/personal-stream.ts'
import { renderPersonalStream } from '#core/identity/render-personal-stream.ts'
import { PlannedZone } from '#core/plan/schema.ts'
import { writeFullStream } from '#core/zfs/write/write-full-stream.ts'
import { exampleManifest } from '#test/core/example-plan.ts'
import { applied, collect, type Applied } from '#test/core/zfs/write/applied.ts'
import { MemorySource, type MemoryEntry } from '#test/core/zfs/write/memory-source.ts'

const zone = PlannedZone.parse({
  name: 'web01',
  template: 'web',
  version: '1.0',
  osFamily: 'linux',
  zonepath: '/zones/web01',
  nodename: 'web01',
  zonecfg: 'create -t flashweb\nset zonepath=/zones/web01\nset autoboot=true\nverify\ncommit\n',
  replaces: [],
  rootPassword: '$5$abc$def',
  touch: [],
  timezone: 'UTC',
  smoke: [],
})

const text = (words: string) => new TextEncoder().encode(words)
const files = (directory: string, count: number): MemoryEntry[] => [
  { path: directory, type: 'directory', mode: 0o755 },
  ...Array.from({ length: count }, (_, index) => ({ path: `${directory}/name-of-a-file-${index}` })),
]

/** As many names as a zone of Debian has, where they matter: in etc, and in logs. */
const debian: MemoryEntry[] = [
  ...files('etc', 180),
  ...files('etc/ssh', 4),
  ...files('var', 10),
  ...files('var/lib', 30),
  ...files('var/lib/dhcp', 0),
  ...files('var/log', 20),
  ...files('tmp', 0),
  ...Array.from({ length: 118 }, (_, index) => files(`usr-${index}`, 100)).flat(),
  { path: 'etc/shadow', mode: 0o640, gid: 42, contents: text('root:old:1::::::\nwww:*:1::::::\n') },
  { path: 'etc/hostname', contents: text('golden\n') },
  { path: 'etc/machine-id', mode: 0o444, contents: text('0123456789abcdef0123456789abcdef\n') },
  { path: 'etc/ssh/sshd_config', contents: text('Port 22\n') },
  { path: 'etc/ssh/ssh_host_ed25519_key', mode: 0o600, contents: text('golden key\n') },
  { path: 'var/log/syslog', contents: new Uint8Array(500_000).fill(1) },
  { path: 'tmp/left', contents: text('x') },
]

async function template(zpl: 4 | 5, entries = debian): Promise<{ base: Applied; stream: Buffer }> {
  const source = new MemorySource(entries)
  const stream = await collect(writeFullStream(source, { zpl, snapshot: 'v1', wrap: 'zonepath' }))
  return { stream, base: await applied(stream) }
}

function render({ base }: { base: Applied }, more: Partial<PersonalStreamRequest> = {}) {
  return renderPersonalStream({
    base: base.set,
    tree: base.tree,
    manifest: exampleManifest('web'),
    zone,
    release: 'illumos',
    material: { machineId: new Uint8Array(16).fill(1) },
    readFile: base.read,
    now: new Date('2026-11-21T12:00:00Z'),
    ...more,
  })
}

describe.each([4, 5] as const)('the personal stream of a zone whose template has ZPL %i', (zpl) => {
  test('is small, and changes what its identity is', async () => {
    const made = await template(zpl)
    expect(made.base.tree.nodes.length).toBeGreaterThan(12_000)
    const bytes = await render(made)
    expect(bytes.byteLength).toBeLessThan(48 * 1024)
    const after = await applied(made.stream, bytes)
    expect(after.set.begin).toMatchObject({
      fromGuid: made.base.set.begin.toGuid,
      toName: 'zoneflash/web01@identity',
    })
    expect(after.set.begin.flags & 1).toBe(1)
    const changed = [...after.told].filter(([path, line]) => made.base.told.get(path) !== line)
    expect(changed.map(([path]) => path).toSorted()).toEqual([
      'SUNWdetached.xml',
      'root/etc/hostname',
      'root/etc/hosts',
      'root/etc/machine-id',
      'root/etc/shadow',
      'root/var/log/syslog',
    ])
    expect([...made.base.told.keys()].filter((path) => !after.told.has(path))).toEqual([
      'root/etc/ssh/ssh_host_ed25519_key',
      'root/tmp/left',
    ])
    expect((await after.read('root/etc/shadow')).toString()).toBe('root:$5$abc$def:1::::::\nwww:*:1::::::\n')
    expect(after.tree.nodes.find(({ path }) => path === 'root/etc/shadow')).toMatchObject({
      mode: 0o640,
      gid: 42,
    })
    expect((await after.read('root/etc/machine-id')).toString()).toBe(`${'01'.repeat(16)}\n`)
    expect((await after.read('SUNWdetached.xml')).toString()).toContain('zonepath="/zones/web01"')
  })
})

describe('a personal stream', () => {
  const small: MemoryEntry[] = [...files('etc', 3), { path: 'etc/shadow', contents: text('root::1::::::\n') }]

  test('is the same for the same request, and no two zones have one guid', async () => {
    const made = await template(5, small)
    const first = await render(made)
    expect(await render(made)).toEqual(first)
    const other = await render(made, { zone: { ...zone, name: 'web02' } })
    const [one, two] = [await applied(made.stream, first), await applied(made.stream, other)]
    expect(two.set.begin.toGuid).not.toBe(one.set.begin.toGuid)
    expect(two.set.begin.fromGuid).toBe(one.set.begin.fromGuid)
  })

  test('makes the zonepath one that only root may enter', async () => {
    const source = new MemorySource([
      { path: '', type: 'directory', mode: 0o755, uid: 5 },
      ...small.map((entry) => ({ ...entry, path: `root/${entry.path}` })),
    ])
    const stream = await collect(writeFullStream(source, { zpl: 5, snapshot: 'v1' }))
    const base = await applied(stream)
    expect(base.tree.nodes[0]).toMatchObject({ path: '.', mode: 0o755, uid: 5 })
    const after = await applied(stream, await render({ base }))
    expect(after.tree.nodes[0]).toMatchObject({ path: '.', mode: 0o700, uid: 0, gid: 0 })
  })

  test('is refused for a stream without a zoneroot, and for one whose etc leads elsewhere', async () => {
    const stream = await collect(writeFullStream(new MemorySource(small), { zpl: 4, snapshot: 'v1' }))
    await expect(render({ base: await applied(stream) })).rejects.toMatchObject({
      code: 'IdentityRefused',
      message: 'the stream of web@1.0 holds no zoneroot',
    })
    const linked = await template(4, [
      ...files('moved', 1),
      { path: 'etc', type: 'symlink', mode: 0o777, target: text('moved') },
    ])
    await expect(render(linked)).rejects.toMatchObject({
      code: 'IdentityRefused',
      message: 'refused to write etc/machine-id in the zoneroot of web01: etc in it is a symbolic link',
    })
  })
})
