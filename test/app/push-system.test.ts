// A template is of zones or of systems: told by its first version, refused before a byte when another kind comes.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { checkPush, pushVersion, type PushNeeds } from '#app/push-version.ts'
import { parseConfig } from '#core/config.ts'
import type { Manifest, VersionFacts } from '#core/manifest.ts'
import { shell } from '#test/archives.ts'
import { systemClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

let work: string
let root: Buffer
let zonepath: Buffer
let needs: PushNeeds & { catalog: MemoryTemplateCatalog; blobs: MemoryBlobStore }

beforeAll(() => {
  work = mkdtempSync(path.join(tmpdir(), 'push-system-'))
  shell(work, 'mkdir -p golden/root/etc golden/root/usr; echo app >golden/root/etc/nodename; mkdir spool')
  root = shell(work, 'tar -C golden/root -cf - .')
  zonepath = shell(work, 'tar -C golden -cf - .')
  const catalog = new MemoryTemplateCatalog()
  needs = {
    catalog,
    blobs: new MemoryBlobStore(),
    audit: new MemoryAuditLog(),
    clock: systemClock,
    channels: new MemoryChannelStore(catalog),
    limits: { maxBytes: 2 ** 30 },
    indexer: new StreamIndexer(path.join(work, 'spool'), parseConfig({}).limits),
  }
})
afterAll(() => rmSync(work, { recursive: true }))

const push = async (template: string, bytes: Buffer, facts: VersionFacts): Promise<Manifest> => {
  const wanted = { template, facts, actor: 'test' }
  await checkPush(wanted, needs)
  return (await pushVersion(wanted, Readable.from([bytes]), needs)).record.manifest
}
const system: VersionFacts = { kind: 'system', osRelease: 's10u8' }

test('the first version says what a template is of, and later ones need not', async () => {
  expect(await push('golden', root, { ...system, version: '1' })).toMatchObject({
    kind: 'system',
    brand: 'native',
  })
  expect((await needs.catalog.getTemplate('golden')).kind).toBe('system')
  expect(await push('golden', root, { osFamily: 'illumos', version: '2' })).toMatchObject({
    kind: 'system',
    brand: 'ipkg',
  })
})

test('another kind is refused before the bytes, and leaves nothing', async () => {
  await push('web', zonepath, { brand: 'lx', version: '1' })
  const mixed = { code: 'TemplateKindMixed' }
  const zone: VersionFacts = { kind: 'zone', brand: 'lx' }
  await expect(checkPush({ template: 'golden', facts: zone, actor: 'test' }, needs)).rejects.toMatchObject(
    mixed,
  )
  await expect(checkPush({ template: 'web', facts: system, actor: 'test' }, needs)).rejects.toMatchObject(
    mixed,
  )
  await expect(push('web', root, system)).rejects.toMatchObject(mixed)
  expect((await needs.catalog.listVersions('web')).map(({ manifest }) => manifest.version)).toEqual(['1'])
})

test('a zonepath is no system', async () => {
  await expect(push('other', zonepath, system)).rejects.toMatchObject({
    code: 'SystemLayout',
    message: expect.stringContaining('other is a system, but this is a zonepath'),
  })
  await expect(needs.catalog.getTemplate('other')).rejects.toMatchObject({ code: 'TemplateNotFound' })
  expect(readdirSync(path.join(work, 'spool'))).toEqual([])
})
