import { beforeEach, expect, test } from 'vitest'
import { findStreamChain } from '#app/stream-chain.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

let catalog: MemoryTemplateCatalog
beforeEach(() => {
  catalog = new MemoryTemplateCatalog()
})

let count = 0
function streamOf(guid: string, fromGuid?: string, compression: Artifact['compression'] = 'none'): Artifact {
  const digits = (++count).toString(16).padStart(40, '0')
  return {
    format: fromGuid === undefined ? 'zfs' : 'zfs-incremental',
    compression,
    sha256: digits.padStart(64, '0'),
    sha1: digits,
    size: 1,
    uncompressedSize: 1,
    guid,
    ...(fromGuid !== undefined && { fromGuid }),
  }
}

async function put(template: string, version: string, ...artifacts: Artifact[]): Promise<void> {
  const manifest: Manifest = {
    template,
    version,
    brand: 'lx',
    osFamily: 'linux',
    artifacts,
    madeBy: 'upload',
    createdBy: 'test',
    createdAt: '2026-11-20T11:00:00.000Z',
  }
  await catalog.ensureTemplate(template)
  await catalog.putVersion({ state: 'ready', manifest }, new Map())
}

const chainOf = async (guid: string) => (await findStreamChain(guid, { catalog }))?.map((one) => one.sha256)

test('a full stream stands alone, an increment on all that it builds on, of whichever template', async () => {
  const [base, one, two] = [streamOf('10'), streamOf('11', '10'), streamOf('12', '11')]
  await put('default', '1', base)
  await put('web', '1', one)
  await put('shop', '1', two)
  expect(await chainOf('10')).toEqual([base.sha256])
  expect(await chainOf('12')).toEqual([base.sha256, one.sha256, two.sha256])
})

test('of several streams of a snapshot the cheapest to read is taken', async () => {
  const plain = streamOf('11')
  await put('default', '1', streamOf('10'))
  await put('web', '1', streamOf('11', '10'), streamOf('11', undefined, 'zstd'), plain)
  expect(await chainOf('11')).toEqual([plain.sha256])
})

test('without its base, or with bases in a circle, there is no chain', async () => {
  await put('web', '1', streamOf('11', '10'), streamOf('20', '21'), streamOf('21', '20'))
  expect(await chainOf('11')).toBeUndefined()
  expect(await chainOf('20')).toBeUndefined()
  expect(await chainOf('99')).toBeUndefined()
  await catalog.setState('web', '1', 'deleted')
  expect(await chainOf('11')).toBeUndefined()
})
