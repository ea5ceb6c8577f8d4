import { describe, expect, test } from 'vitest'
import type { TemplateCatalog } from '#app/ports/catalog.ts'
import type { ImageStore } from '#app/ports/images.ts'
import { artifactOf, digest, entryOf, versionOf } from './template-catalog.ts'

const UUID = '6f2d3a52-0c1e-4b7a-9d36-2f6a9d6f1c11'
const OTHER = '6f2d3a52-0c1e-4b7a-9d36-2f6a9d6f1c12'
const NOON = new Date('2026-11-20T12:00:00.000Z')

const imageOf = (uuid: string, createdAt = NOON) => ({
  uuid,
  template: 'web',
  version: '1.0',
  manifest: {
    v: 2 as const,
    uuid,
    name: 'web',
    version: '1.0',
    type: 'zone-dataset' as const,
    os: 'smartos' as const,
  },
  createdBy: 'ci',
  createdAt,
})

async function activate(images: ImageStore): Promise<void> {
  await images.setFile(UUID, artifactOf(digest('a')), [])
  await images.settle(UUID, digest('a'))
  await images.setActive(UUID, imageOf(UUID).manifest)
}

/** What every ImageStore promises. */
export function imageStoreContract(
  name: string,
  open: () => Promise<{ images: ImageStore; catalog: TemplateCatalog }>,
): void {
  describe(`${name} keeps the ImageStore contract`, () => {
    test('an image is created once, gets its file, and becomes active', async () => {
      const { images, catalog } = await open()
      await images.create(imageOf(UUID))
      await expect(images.create(imageOf(UUID))).rejects.toMatchObject({ code: 'ImageUuidAlreadyExists' })
      expect(await images.find(UUID)).toEqual({ ...imageOf(UUID), state: 'unactivated' })
      const artifact = artifactOf(digest('a'))
      await images.setFile(UUID, artifactOf(digest('b')), [])
      await images.setFile(UUID, artifact, [entryOf('etc')])
      expect(await images.find(UUID)).toMatchObject({ artifact })
      expect(await images.listActive()).toEqual([])
      await catalog.putVersion(versionOf('web', '1.0', { artifacts: [artifact] }), new Map())
      const manifest = { ...imageOf(UUID).manifest, published_at: '2026-11-20T12:00:00.000Z' }
      await expect(images.setActive(UUID, manifest)).rejects.toMatchObject({ code: 'ResourceNotFound' })
      for (let time = 0; time < 2; time++) await images.settle(UUID, artifact.sha256)
      expect(await images.find(UUID)).toMatchObject({ state: 'activating' })
      await expect(images.setFile(UUID, artifact, [])).rejects.toMatchObject({ code: 'ImageFilesImmutable' })
      expect(await images.listActive()).toEqual([])
      for (let time = 0; time < 2; time++) await images.setActive(UUID, manifest)
      const active = { ...imageOf(UUID), manifest, state: 'active', artifact }
      expect(await images.listActive()).toEqual([active])
      expect(await images.findActive({ template: 'web', version: '1.0' })).toEqual(active)
      expect(await images.findActive({ template: 'web', version: '2.0' })).toBeUndefined()
      await images.settle(UUID, artifact.sha256)
      await images.release(UUID)
      expect(await images.find(UUID)).toEqual(active)
      await expect(images.setFile(UUID, artifact, [])).rejects.toMatchObject({ code: 'ImageFilesImmutable' })
      const paths = []
      for await (const { path } of catalog.entries(digest('a'))) paths.push(path)
      expect(paths).toEqual(['etc'])
    })

    test('a version is one image, and a file that is settled stays', async () => {
      const { images } = await open()
      const artifact = artifactOf(digest('a'))
      for (const uuid of [UUID, OTHER]) {
        await images.create(imageOf(uuid))
        await images.setFile(uuid, artifact, [])
      }
      await expect(images.settle(UUID, digest('b'))).rejects.toMatchObject({ code: 'ImageFileReplaced' })
      await images.settle(UUID, artifact.sha256)
      const taken = { code: 'ValidationFailed', message: expect.stringContaining('web@1.0') as string }
      await expect(images.settle(OTHER, artifact.sha256)).rejects.toMatchObject(taken)
      expect(await images.find(OTHER)).toMatchObject({ state: 'unactivated' })
      expect(await images.remove(UUID)).toBe(false)
      await images.release(UUID)
      await images.settle(OTHER, artifact.sha256)
      expect(await images.remove(UUID)).toBe(true)
    })

    test('what is not there is not found', async () => {
      const { images } = await open()
      expect(await images.find(UUID)).toBeUndefined()
      expect(await images.remove(UUID)).toBe(false)
      const missing = { code: 'ResourceNotFound', kind: 'missing' }
      await expect(images.setActive(UUID, imageOf(UUID).manifest)).rejects.toMatchObject(missing)
      await expect(images.setFile(UUID, artifactOf(digest('a')), [])).rejects.toMatchObject(missing)
      await expect(images.settle(UUID, digest('a'))).rejects.toMatchObject(missing)
      await images.touch(UUID, NOON)
      await images.release(UUID)
      expect(await images.findActive({ template: 'web', version: '1.0' })).toBeUndefined()
    })

    test('only what is not active is removed and swept', async () => {
      const { images, catalog } = await open()
      await images.create(imageOf(UUID, new Date(NOON.getTime() - 1)))
      await images.create(imageOf(OTHER))
      await images.setFile(UUID, artifactOf(digest('a')), [])
      await images.touch(UUID, NOON)
      expect(await images.sweep(NOON)).toBe(0)
      await images.touch(UUID, new Date(NOON.getTime() - 1))
      expect(await images.sweep(NOON)).toBe(1)
      expect(await images.find(UUID)).toBeUndefined()
      expect(await images.sweep(NOON)).toBe(0)
      expect(await images.remove(OTHER)).toBe(true)
      await images.create(imageOf(UUID))
      await catalog.putVersion(versionOf('web', '1.0'), new Map())
      await activate(images)
      expect(await images.remove(UUID)).toBe(false)
      expect(await images.sweep(new Date(NOON.getTime() + 1))).toBe(0)
    })

    test('an image whose version was deleted is none any more', async () => {
      const { images, catalog } = await open()
      await images.create(imageOf(UUID))
      await catalog.putVersion(versionOf('web', '1.0'), new Map())
      await activate(images)
      expect(await images.listActive()).toHaveLength(1)
      await catalog.setState('web', '1.0', 'deleted')
      expect(await images.findActive({ template: 'web', version: '1.0' })).toBeUndefined()
      expect(await images.listActive()).toEqual([])
    })
  })
}
