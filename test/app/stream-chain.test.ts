import { beforeEach, describe, expect, test } from 'vitest'
import { findStreamChain, type StreamUser } from '#app/stream-chain.ts'
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
  await putOn(undefined, template, version, ...artifacts)
}

async function putOn(
  origin: Manifest['origin'],
  template: string,
  version: string,
  ...artifacts: Artifact[]
): Promise<void> {
  const manifest: Manifest = {
    template,
    version,
    brand: 'lx',
    osFamily: 'linux',
    artifacts,
    ...(origin && { origin }),
    madeBy: 'upload',
    createdBy: 'test',
    createdAt: '2026-11-20T11:00:00.000Z',
  }
  await catalog.ensureTemplate(template)
  await catalog.putVersion({ state: 'ready', manifest }, new Map())
}

const chainOf = async (guid: string, user: StreamUser = { template: 'other' }) =>
  (await findStreamChain(guid, user, { catalog }))?.map((one) => one.sha256)

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

describe('when several templates claim a snapshot', () => {
  const mine = streamOf('10')
  const claimed = streamOf('10')
  const one = streamOf('11', '10')
  const two = streamOf('12', '11')

  beforeEach(async () => {
    await put('attacker', '1', claimed)
    await put('default', '7', mine)
  })

  test('it is that of the origin, however far back, and none but that of the version itself comes before', async () => {
    await putOn({ template: 'default', version: '7' }, 'web', '1', one)
    await putOn({ template: 'web', version: '1' }, 'shop', '1', two)
    expect(await chainOf('12', { template: 'shop', version: '1' })).toEqual(digestsOf(mine, one, two))
    expect(await chainOf('11', { template: 'shop', origin: { template: 'web', version: '1' } })).toEqual(
      digestsOf(mine, one),
    )
    expect(await chainOf('10', { template: 'shop', origin: { template: 'web', version: '1' } })).toEqual(
      digestsOf(mine),
    )
  })

  test('without an origin it is that of the same template', async () => {
    expect(await chainOf('10', { template: 'default' })).toEqual(digestsOf(mine))
    expect(await chainOf('10', { template: 'attacker' })).toEqual(digestsOf(claimed))
  })

  test('elsewhere it is refused, unless they are the same bytes', async () => {
    await expect(chainOf('10', { template: 'web' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'SnapshotAmbiguous',
      message: expect.stringContaining('attacker@1 and default@7 claim the snapshot of guid 10'),
    })
    const copied = streamOf('20')
    await put('a', '1', copied)
    await put('b', '1', copied)
    expect(await chainOf('20', { template: 'web' })).toEqual(digestsOf(copied))
  })
})

const digestsOf = (...artifacts: Artifact[]) => artifacts.map(({ sha256 }) => sha256)
