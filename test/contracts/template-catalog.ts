import { describe, expect, test } from 'vitest'
import type { TemplateCatalog, VersionRecord } from '#app/ports/catalog.ts'
import type { Entry } from '#core/entry.ts'
import type { Artifact } from '#core/manifest.ts'

/** A digest that is easy to tell apart. */
export const digest = (digit: string) => digit.repeat(64)

export function artifactOf(sha256: string): Artifact {
  return {
    format: 'tar',
    compression: 'gzip',
    sha256,
    sha1: sha256.slice(0, 40),
    size: 3_000_000_000,
    uncompressedSize: 9_000_000_000,
    layout: 'zonepath',
    entries: 2,
  }
}

export function versionOf(
  template: string,
  version: string,
  {
    state = 'ready',
    artifacts = [],
    ...rest
  }: Partial<VersionRecord['manifest']> & { state?: VersionRecord['state'] } = {},
): VersionRecord {
  return {
    state,
    manifest: {
      template,
      version,
      brand: 'lx',
      osFamily: 'linux',
      artifacts,
      madeBy: 'upload',
      createdBy: 'tester',
      createdAt: '2026-11-20T11:00:00.000Z',
      ...rest,
    },
  }
}

export function entryOf(path: string, more: Partial<Entry> = {}): Entry {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 0, ...more }
}

const none = new Map<string, Entry[]>()

/** What the audit log is told of a further form. */
const said = { actor: 'tester', action: 'version.convert', subject: 'web@1', at: new Date(0) }

/** What every TemplateCatalog promises. */
export function templateCatalogContract(name: string, open: () => Promise<TemplateCatalog>): void {
  describe(`${name} keeps the TemplateCatalog contract`, () => {
    test('a template is created once, private, without versions', async () => {
      const catalog = await open()
      await catalog.ensureTemplate('web')
      await catalog.ensureTemplate('web')
      await catalog.ensureTemplate('mysql')
      const empty = { public: false, openTo: [], channels: {}, versions: 0, latest: undefined }
      expect(await catalog.listTemplates()).toEqual([
        { name: 'mysql', ...empty },
        { name: 'web', ...empty },
      ])
    })

    test('the first ready version says what a template is of, and no other kind joins it', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('golden', '1', { state: 'building' }), none)
      expect(await catalog.getTemplate('golden')).not.toHaveProperty('kind')
      await catalog.setState('golden', '1', 'deleted')
      await catalog.putVersion(versionOf('golden', '2', { kind: 'system' }), none)
      await catalog.putVersion(versionOf('web', '1'), none)
      expect((await catalog.listTemplates()).map(({ name, kind }) => [name, kind])).toEqual([
        ['golden', 'system'],
        ['web', 'zone'],
      ])
      const mixed = { code: 'TemplateKindMixed' }
      await expect(catalog.putVersion(versionOf('golden', '3'), none)).rejects.toMatchObject(mixed)
      await expect(
        catalog.putVersion(versionOf('web', '2', { kind: 'system', state: 'building' }), none),
      ).rejects.toMatchObject(mixed)
      await catalog.setState('golden', '2', 'revoked')
      await catalog.setState('golden', '2', 'deleted')
      await expect(catalog.putVersion(versionOf('golden', '3'), none)).rejects.toMatchObject(mixed)
      expect(await catalog.listVersions('golden')).toEqual([])
      await catalog.putVersion(versionOf('golden', '3', { kind: 'system' }), none)
    })

    test('who a template is open to is kept in one order and replaced as a whole', async () => {
      const catalog = await open()
      await catalog.ensureTemplate('web')
      await catalog.setOpenTo('web', ['zadm', 'imgadm', 'zadm'])
      expect((await catalog.getTemplate('web')).openTo).toEqual(['imgadm', 'zadm'])
      expect((await catalog.listTemplates())[0]?.openTo).toEqual(['imgadm', 'zadm'])
      await catalog.setOpenTo('web', [])
      expect((await catalog.getTemplate('web')).openTo).toEqual([])
      await expect(catalog.setOpenTo('none', [])).rejects.toMatchObject({ code: 'TemplateNotFound' })
    })

    test('the layout of images is by brand unless it was set', async () => {
      const catalog = await open()
      await catalog.ensureTemplate('web')
      expect(await catalog.getTemplate('web')).not.toHaveProperty('imageLayout')
      await catalog.setImageLayout('web', 'zonepath')
      expect((await catalog.getTemplate('web')).imageLayout).toBe('zonepath')
      await catalog.setImageLayout('web', undefined)
      expect(await catalog.getTemplate('web')).not.toHaveProperty('imageLayout')
      await expect(catalog.setImageLayout('none', 'zonepath')).rejects.toMatchObject({
        code: 'TemplateNotFound',
      })
    })

    test("versions are found by the beginning of an artifact's digest", async () => {
      const catalog = await open()
      const web = versionOf('web', '1', { artifacts: [artifactOf(digest('a')), artifactOf(digest('b'))] })
      await catalog.putVersion(web, none)
      await catalog.putVersion(versionOf('web', '2', { artifacts: [artifactOf(digest('b'))] }), none)
      const find = async (prefix: string) =>
        (await catalog.findVersionsByDigestPrefix(prefix)).map(({ manifest }) => manifest.version)
      expect(await find('bbbbbbbb')).toEqual(['1', '2'])
      expect(await find('aaaaaaaaaaaa')).toEqual(['1'])
      expect(await find(digest('a'))).toEqual(['1'])
      for (const prefix of ['', 'aaaaaaa', 'cccccccc', 'aaaaaaab', 'AAAAAAAA', '%%%%%%%%', `${digest('a')}a`])
        expect(await find(prefix), prefix).toEqual([])
    })

    test('an md5 that was computed later is kept with every version that has the bytes', async () => {
      const catalog = await open()
      const [first, other] = [artifactOf(digest('a')), artifactOf(digest('b'))]
      await catalog.putVersion(versionOf('web', '1', { artifacts: [first, other] }), none)
      await catalog.putVersion(versionOf('db', '1', { artifacts: [first] }), none)
      await catalog.setMd5(digest('a'), 'c'.repeat(32))
      expect((await catalog.getVersion('web', '1')).manifest.artifacts).toEqual([
        { ...first, md5: 'c'.repeat(32) },
        other,
      ])
      expect((await catalog.getVersion('db', '1')).manifest.artifacts[0]?.md5).toBe('c'.repeat(32))
    })

    test('a template that is made public stays so', async () => {
      const catalog = await open()
      await catalog.ensureTemplate('web')
      await catalog.setPublic('web', true)
      await catalog.ensureTemplate('web')
      expect((await catalog.getTemplate('web')).public).toBe(true)
    })

    test('a template that is not there is TemplateNotFound everywhere', async () => {
      const catalog = await open()
      for (const name of ['web', 'nul\0', 'lone\ud800']) {
        const missing = { code: 'TemplateNotFound', kind: 'missing' }
        await expect(catalog.getTemplate(name)).rejects.toMatchObject(missing)
        await expect(catalog.setPublic(name, true)).rejects.toMatchObject(missing)
        await expect(catalog.listVersions(name)).rejects.toMatchObject(missing)
        await expect(catalog.getVersion(name, '1')).rejects.toMatchObject(missing)
        await expect(catalog.setState(name, '1', 'deleted')).rejects.toMatchObject(missing)
        await expect(catalog.setChannel(name, 'stable', '1')).rejects.toMatchObject(missing)
        expect(await catalog.findVersion(name, '1')).toBeUndefined()
      }
    })

    test('a version comes back as it was put, sizes above 2 GiB and all', async () => {
      const catalog = await open()
      const record = versionOf('web', '1', {
        artifacts: [artifactOf(digest('a'))],
        notes: 'NUL \0 and lone \ud800',
      })
      await catalog.putVersion(record, none)
      expect(await catalog.getVersion('web', '1')).toEqual(record)
      expect(await catalog.findVersion('web', '1')).toEqual(record)
      expect(await catalog.listVersions('web')).toEqual([record])
    })

    test('versions are listed in the order they were recorded and the newest ready one is the latest', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '9'), none)
      await catalog.putVersion(versionOf('web', '10'), none)
      await catalog.putVersion(versionOf('web', '2', { state: 'building' }), none)
      const versions = (await catalog.listVersions('web')).map(({ manifest }) => manifest.version)
      expect(versions).toEqual(['9', '10', '2'])
      expect(await catalog.getTemplate('web')).toMatchObject({ versions: 3, latest: '10' })
    })

    test('a version that is there is not overwritten', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1', { notes: 'first' }), none)
      const again = catalog.putVersion(versionOf('web', '1', { notes: 'second' }), none)
      await expect(again).rejects.toMatchObject({ code: 'VersionExists', kind: 'conflict' })
      expect((await catalog.getVersion('web', '1')).manifest.notes).toBe('first')
    })

    test('of two that put the same version at once one wins', async () => {
      const catalog = await open()
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((notes) => catalog.putVersion(versionOf('web', '1', { notes }), none)),
      )
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'rejected',
      ])
    })

    test('a version in state building is replaced by the finished one', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1', { state: 'building' }), none)
      const ready = versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] })
      await catalog.putVersion(ready, new Map([[digest('a'), [entryOf('root/a')]]]))
      expect(await catalog.getVersion('web', '1')).toEqual(ready)
    })

    test('a ready version gets another form with its index, once', async () => {
      const catalog = await open()
      const [tar, zfs] = [artifactOf(digest('a')), { ...artifactOf(digest('b')), derivedFrom: digest('a') }]
      await catalog.putVersion(versionOf('web', '1', { artifacts: [tar], notes: 'NUL \0' }), none)
      const id = { template: 'web', version: '1' }
      const add = () => catalog.addArtifacts(id, [zfs], new Map([[digest('b'), [entryOf('root/a')]]]), said)
      const [first, second] = await Promise.all([add(), add()])
      expect([first.length, second.length].toSorted((a, b) => a - b)).toEqual([0, 1])
      expect((await catalog.getVersion('web', '1')).manifest.artifacts).toEqual([tar, zfs])
      expect((await catalog.findVersionsByBlob(digest('b'))).length).toBe(1)
      expect(await catalog.referencedBlobs()).toEqual(new Set([digest('a'), digest('b')]))
      expect(await collect(catalog.entries(digest('b')))).toEqual([entryOf('root/a')])
    })

    test('only a ready version gets another form', async () => {
      const catalog = await open()
      for (const state of ['building', 'testing', 'revoked'] as const) {
        await catalog.putVersion(
          versionOf('web', state, { state: state === 'revoked' ? 'ready' : state }),
          none,
        )
        if (state === 'revoked') await catalog.setState('web', state, 'revoked')
        const add = catalog.addArtifacts(
          { template: 'web', version: state },
          [artifactOf(digest('b'))],
          none,
          said,
        )
        await expect(add, state).rejects.toMatchObject({ code: 'WrongState', kind: 'conflict' })
        expect((await catalog.getVersion('web', state)).manifest.artifacts).toEqual([])
      }
      await catalog.setState('web', 'revoked', 'deleted')
      await expect(
        catalog.addArtifacts({ template: 'web', version: 'revoked' }, [], none, said),
      ).rejects.toMatchObject({ code: 'VersionNotFound' })
    })

    test('a form whose index fails is not there', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1'), none)
      const add = catalog.addArtifacts(
        { template: 'web', version: '1' },
        [artifactOf(digest('b'))],
        new Map([[digest('b'), failing()]]),
        said,
      )
      await expect(add).rejects.toThrow('the archive ends early')
      expect((await catalog.getVersion('web', '1')).manifest.artifacts).toEqual([])
      expect(await collect(catalog.entries(digest('b')))).toEqual([])
    })

    test('an index comes back in archive order, any name unharmed', async () => {
      const catalog = await open()
      const names = [
        'root/b',
        'root/a',
        'root/\ud800',
        'root/nul\0',
        'root/back\\slash',
        'root/"\n"',
        'root/ß\u{1f600}',
      ]
      const entries = [...names.map((path) => entryOf(path)), entryOf('l', { type: 'symlink', link: 'x\0y' })]
      const record = versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] })
      await catalog.putVersion(record, new Map([[digest('a'), entries]]))
      expect(await collect(catalog.entries(digest('a')))).toEqual(entries)
      expect(await collect(catalog.entries(digest('b')))).toEqual([])
    })

    test('an index of many batches is complete and may be read in part', async () => {
      const catalog = await open()
      const record = versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] })
      await catalog.putVersion(record, new Map([[digest('a'), numbered(10_001)]]))
      let count = 0
      for await (const { path } of catalog.entries(digest('a'))) expect(path).toBe(`root/${count++}`)
      expect(count).toBe(10_001)
      for await (const { path } of catalog.entries(digest('a'))) {
        expect(path).toBe('root/0')
        break
      }
    })

    test('an index whose source fails leaves no version behind', async () => {
      const catalog = await open()
      const record = versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] })
      const put = catalog.putVersion(record, new Map([[digest('a'), failing()]]))
      await expect(put).rejects.toThrow('the archive ends early')
      expect(await catalog.findVersion('web', '1')).toBeUndefined()
      expect(await collect(catalog.entries(digest('a')))).toEqual([])
      await catalog.putVersion(record, new Map([[digest('a'), [entryOf('root/a')]]]))
      expect(await collect(catalog.entries(digest('a')))).toEqual([entryOf('root/a')])
    })

    test('two versions may have the same artifact', async () => {
      const catalog = await open()
      const artifacts = [artifactOf(digest('a'))]
      await catalog.putVersion(versionOf('web', '1', { artifacts }), new Map([[digest('a'), [entryOf('x')]]]))
      await catalog.putVersion(versionOf('web', '2', { artifacts }), new Map([[digest('a'), [entryOf('x')]]]))
      expect((await catalog.findVersionsByBlob(digest('a'))).map((v) => v.manifest.version)).toEqual([
        '1',
        '2',
      ])
      await catalog.setState('web', '1', 'deleted')
      expect((await catalog.findVersionsByBlob(digest('a'))).map((v) => v.manifest.version)).toEqual(['2'])
      expect(await collect(catalog.entries(digest('a')))).toEqual([entryOf('x')])
    })

    test('versions are found by the guid of the snapshot that a stream of theirs gives', async () => {
      const catalog = await open()
      const stream = (digit: string, guid: string) => ({ ...artifactOf(digest(digit)), guid })
      await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), none)
      await catalog.putVersion(versionOf('mysql', '1', { artifacts: [stream('b', '77')] }), none)
      await catalog.putVersion(versionOf('web', '2', { artifacts: [stream('c', '78')] }), none)
      const found = async (guid: string) =>
        (await catalog.findVersionsByGuid(guid)).map(
          ({ manifest: { template, version } }) => `${template}@${version}`,
        )
      expect(await found('77')).toEqual(['mysql@1'])
      await catalog.addArtifacts({ template: 'web', version: '1' }, [stream('d', '77')], none, said)
      expect((await found('77')).toSorted()).toEqual(['mysql@1', 'web@1'])
      expect(await found('79')).toEqual([])
      expect(await found('7\0')).toEqual([])
      await catalog.setState('mysql', '1', 'deleted')
      expect(await found('77')).toEqual(['web@1'])
    })

    test('a channel is a movable name of a ready version', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1'), none)
      await catalog.putVersion(versionOf('web', '2'), none)
      await catalog.putVersion(versionOf('web', '3', { state: 'building' }), none)
      await catalog.setChannel('web', 'stable', '1')
      expect((await catalog.getVersion('web', 'stable')).manifest.version).toBe('1')
      await catalog.setChannel('web', 'stable', '2')
      expect((await catalog.getVersion('web', 'stable')).manifest.version).toBe('2')
      expect((await catalog.getTemplate('web')).channels).toEqual({ stable: '2' })
      await expect(catalog.setChannel('web', 'stable', '3')).rejects.toMatchObject({ code: 'WrongState' })
      await expect(catalog.setChannel('web', 'stable', '4')).rejects.toMatchObject({
        code: 'VersionNotFound',
      })
      await expect(catalog.setChannel('web', 'nul\0', '1')).rejects.toMatchObject({ code: 'UnstorableText' })
      await expect(catalog.getVersion('web', 'candidate')).rejects.toMatchObject({ code: 'VersionNotFound' })
      await expect(catalog.getVersion('web', 'nul\0')).rejects.toMatchObject({ code: 'VersionNotFound' })
    })

    test('a state follows only a state that may become it', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1'), none)
      await expect(catalog.setState('web', '1', 'building')).rejects.toMatchObject({ code: 'WrongState' })
      await catalog.setState('web', '1', 'revoked')
      expect((await catalog.getVersion('web', '1')).state).toBe('revoked')
      await expect(catalog.setChannel('web', 'stable', '1')).rejects.toMatchObject({ code: 'WrongState' })
      await catalog.setState('web', '1', 'ready')
      await expect(catalog.setState('web', '2', 'ready')).rejects.toMatchObject({ code: 'VersionNotFound' })
    })

    test('a build is abandoned while it is one, and no longer', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1', { state: 'building' }), none)
      expect(await catalog.abandonBuild('web', '1')).toBe(true)
      expect(await catalog.findVersion('web', '1')).toBeUndefined()
      expect(await catalog.abandonBuild('web', '1')).toBe(false)
      await catalog.putVersion(versionOf('web', '2'), none)
      expect(await catalog.abandonBuild('web', '2')).toBe(false)
      expect((await catalog.getVersion('web', '2')).state).toBe('ready')
    })

    test('a deleted version is gone and its name is spent', async () => {
      const catalog = await open()
      const record = versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] })
      await catalog.putVersion(record, new Map([[digest('a'), [entryOf('x')]]]))
      await catalog.setState('web', '1', 'deleted')
      expect(await catalog.listVersions('web')).toEqual([])
      expect(await catalog.getTemplate('web')).toMatchObject({ versions: 0, latest: undefined })
      expect(await catalog.referencedBlobs()).toEqual(new Set())
      await expect(catalog.getVersion('web', '1')).rejects.toMatchObject({ code: 'VersionNotFound' })
      await expect(catalog.setState('web', '1', 'deleted')).rejects.toMatchObject({ code: 'VersionNotFound' })
      expect(await catalog.isNameSpent('web', '1')).toBe(true)
      const spent = { code: 'VersionDeleted', kind: 'conflict' }
      await expect(catalog.putVersion(record, none)).rejects.toMatchObject(spent)
      await expect(
        catalog.putVersion(versionOf('web', '1', { state: 'building' }), none),
      ).rejects.toMatchObject(spent)
      expect(await catalog.findVersion('web', '1')).toBeUndefined()
    })

    test('a version that was never ready leaves its name free, one that was ready and revoked does not', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1', { state: 'building' }), none)
      await catalog.setState('web', '1', 'deleted')
      expect(await catalog.isNameSpent('web', '1')).toBe(false)
      const again = versionOf('web', '1', { state: 'building' })
      await catalog.putVersion(again, none)
      await catalog.setState('web', '1', 'ready')
      await catalog.setState('web', '1', 'revoked')
      expect(await catalog.isNameSpent('web', '1'), 'one that is there').toBe(false)
      await catalog.setState('web', '1', 'deleted')
      expect(await catalog.isNameSpent('web', '1')).toBe(true)
      await expect(catalog.putVersion(again, none)).rejects.toMatchObject({ code: 'VersionDeleted' })
      expect(await catalog.isNameSpent('web', '2')).toBe(false)
    })

    test('a deleted version that was packaged is to be released, once', async () => {
      const catalog = await open()
      const madeFrom = { host: 'golden', zone: 'web' }
      const packaged = versionOf('web', '1', { madeBy: 'package', madeFrom, notes: 'NUL \0' })
      await catalog.putVersion(packaged, none)
      await catalog.putVersion(versionOf('web', '2', { notes: 'uploaded' }), none)
      expect(await catalog.listUnreleased()).toEqual([])
      await catalog.setReleased('web', '1')
      expect(await catalog.getVersion('web', '1'), 'one that is not deleted').toEqual(packaged)
      await catalog.setState('web', '1', 'deleted')
      await catalog.setState('web', '2', 'deleted')
      expect(await catalog.listUnreleased()).toEqual([packaged.manifest])
      await catalog.setReleased('web', '1')
      expect(await catalog.listUnreleased()).toEqual([])
    })

    test('a version whose origin was deleted meanwhile is not recorded', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('base', '1'), none)
      await catalog.setState('base', '1', 'deleted')
      await expect(
        catalog.putVersion(versionOf('web', '1', { origin: { template: 'base', version: '1' } }), none),
      ).rejects.toMatchObject({ code: 'VersionNotFound' })
      expect(await catalog.findVersion('web', '1')).toBeUndefined()
    })

    test('what a channel or an origin refers to is not deleted', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('base', '1'), none)
      await catalog.putVersion(versionOf('web', '1', { origin: { template: 'base', version: '1' } }), none)
      await catalog.setChannel('web', 'stable', '1')
      const inUse = { code: 'VersionInUse', kind: 'conflict' }
      await expect(catalog.setState('web', '1', 'deleted')).rejects.toMatchObject(inUse)
      await expect(catalog.setState('base', '1', 'deleted')).rejects.toMatchObject(inUse)
    })

    test('the referenced blobs are those of every version that is not deleted', async () => {
      const catalog = await open()
      await catalog.putVersion(versionOf('web', '1', { artifacts: [artifactOf(digest('a'))] }), none)
      await catalog.putVersion(
        versionOf('web', '2', { artifacts: [artifactOf(digest('b')), artifactOf(digest('c'))] }),
        none,
      )
      await catalog.setState('web', '1', 'revoked')
      expect(await catalog.referencedBlobs()).toEqual(new Set(['a', 'b', 'c'].map(digest)))
    })
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* numbered(count: number): AsyncGenerator<Entry> {
  for (let index = 0; index < count; index++) yield entryOf(`root/${index}`)
}

async function* failing(): AsyncGenerator<Entry> {
  yield* numbered(5000)
  throw new Error('the archive ends early')
}
