import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Install } from '#app/ports/installs.ts'
import { renderPersonalStreamFor, warmPersonalStreams } from '#app/render-personal-stream.ts'
import { Host } from '#core/host.ts'
import type { PersonalStreamRequest } from '#core/identity/personal-stream.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { Profile } from '#core/profile.ts'
import type { ObjectSet } from '#core/zfs/object-set.ts'
import { exampleManifest, examplePlan } from '#test/core/example-plan.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { MemoryStreamTrees } from '#test/fakes/memory-stream-trees.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'

const stream = (digit: string, guid: string, fromGuid?: string): Artifact => ({
  format: fromGuid === undefined ? 'zfs' : 'zfs-incremental',
  compression: 'none',
  sha256: digit.repeat(64),
  sha1: digit.repeat(40),
  size: 1000,
  uncompressedSize: 1000,
  guid,
  ...(fromGuid !== undefined && { fromGuid }),
})

const base = exampleManifest('default', { version: '7', artifacts: [stream('a', '70')] })
const web = exampleManifest('web', {
  origin: { template: 'default', version: '7' },
  artifacts: [...exampleManifest('web').artifacts.slice(1), stream('d', '77')],
})
const increment = stream('e', '77', '70')

function open(manifest: Manifest = web) {
  const clock = new FakeClock()
  const catalog = new MemoryTemplateCatalog()
  const zones = new MemoryZoneRegistry()
  const streams = new MemoryStreamTrees()
  const set: ObjectSet = {
    begin: {
      headerType: 1,
      features: 0n,
      flags: 0,
      objsetType: 2,
      created: 0,
      toGuid: '77',
      fromGuid: '0',
      toName: 'pool/web@1',
      littleEndian: true,
    },
    objects: new Map(),
  }
  const tree = {
    zplVersion: 4,
    nodes: [],
    hidden: { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 },
    notices: [],
  }
  const asked: string[] = []
  const contents = async (path: string, most: number) => {
    asked.push(`${path} ${most}`)
    return new Uint8Array()
  }
  for (const key of ['d', 'e', 'a e'].map((digits) => digits.replaceAll(/\w/g, (digit) => digit.repeat(64))))
    streams.trees.set(key, { set, tree, contents })
  const rendered: PersonalStreamRequest[] = []
  const needs = {
    catalog,
    streams,
    hosts: new MemoryHostRegistry(zones),
    installs: new MemoryInstallLog(clock, zones),
    channels: new MemoryChannelStore(catalog, new MemoryAuditLog(clock)),
    render: async (request: PersonalStreamRequest) => {
      rendered.push(request)
      await request.readFile('root/etc/shadow')
      const bytes = Buffer.from(
        `${request.zone.name} ${Buffer.from(request.material.machineId).toString('hex')}`,
      )
      return bytes
    },
  }
  const plan = examplePlan({
    host: Host.parse({ name: 'h1', facts: { zfs: 'true' } }),
    profile: Profile.parse({
      name: 'demo',
      sysid: { rootPassword: '$5$salt$verysecret' },
      zones: ['web01', 'web02'].map((name) => ({ name, template: 'web@stable' })),
    }),
    versions: new Map([['web@stable', { manifest }]]),
    now: clock.now(),
  })
  const arm = async () => {
    for (const one of [base, manifest]) {
      await catalog.ensureTemplate(one.template)
      await catalog.putVersion({ manifest: one, state: 'ready' }, new Map())
    }
    await needs.hosts.add(Host.parse({ name: 'h1', release: 's10u8' }))
    return needs.installs.arm('h1', plan, 3_600_000)
  }
  return { needs, rendered, asked, arm }
}

describe('renderPersonalStreamFor', () => {
  let opened: ReturnType<typeof open>
  let install: Install
  let token: string

  async function use(manifest?: Manifest) {
    opened = open(manifest)
    const armed = await opened.arm()
    ;[install, token] = [armed.install, armed.secret]
  }
  beforeEach(() => use())

  const render = (zone: string, from = '77', secret = token) =>
    renderPersonalStreamFor({ install, token: secret, zone, from }, opened.needs)

  test('gives the planned zone its stream: the same for the same request, another for each zone and arming', async () => {
    const { bytes, sha256 } = await render('web01')
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(await render('web01')).toEqual({ bytes, sha256 })
    const others = [await render('web02'), await render('web01', '77', 'another token')]
    expect(new Set([sha256, ...others.map((one) => one.sha256)]).size).toBe(3)
    expect(opened.rendered[0]).toMatchObject({
      zone: { name: 'web01', zonepath: '/zones/web01' },
      manifest: { template: 'web', version: '1.0' },
      release: 's10u8',
      now: new Date(install.armedAt),
    })
    expect(opened.rendered[0]?.material.machineId).toHaveLength(16)
    expect(opened.asked[0]).toBe('root/etc/shadow 16777216')
  })

  test.each([
    { zone: 'web09', from: '77', code: 'ZoneNotPlanned' },
    { zone: 'flashweb', from: '77', code: 'ZoneNotPlanned' },
    { zone: 'web01', from: '78', code: 'SnapshotUnknown' },
    { zone: 'web01', from: '70', code: 'SnapshotUnknown' },
  ])('$zone onto snapshot $from: $code', async ({ zone, from, code }) => {
    await expect(render(zone, from)).rejects.toMatchObject({ kind: 'missing', code })
    expect(opened.needs.streams.asked).toEqual([])
  })

  test('reads the full stream of the version where it has one, else its increment on the origin', async () => {
    await render('web01')
    expect(opened.needs.streams.asked).toEqual(['d'.repeat(64)])
    await use({ ...web, artifacts: [...web.artifacts, increment] })
    await render('web01')
    expect(opened.needs.streams.asked).toEqual(['d'.repeat(64)])
    const packed = { ...stream('c', '77'), compression: 'zstd' as const }
    await use({ ...web, artifacts: [packed, ...web.artifacts] })
    await render('web01')
    expect(opened.needs.streams.asked).toEqual(['d'.repeat(64)])
    await use({ ...web, artifacts: [...web.artifacts.slice(0, -1), stream('f', '78'), increment] })
    await render('web01')
    expect(opened.needs.streams.asked).toEqual([`${'a'.repeat(64)} ${'e'.repeat(64)}`])
  })

  test('an install that may not begin gets none', async () => {
    await opened.needs.catalog.setState('web', '1.0', 'revoked', { at: new Date(install.armedAt) })
    await expect(render('web01')).rejects.toMatchObject({ code: 'VersionRevoked' })
  })

  test('trees are opened beforehand for the templates whose zones come by personal streams', async () => {
    await warmPersonalStreams(install, opened.needs)
    expect(opened.needs.streams.asked).toEqual(['d'.repeat(64)])
    await use(exampleManifest('web'))
    await warmPersonalStreams(install, opened.needs)
    expect(opened.needs.streams.asked).toEqual([])
  })
})
