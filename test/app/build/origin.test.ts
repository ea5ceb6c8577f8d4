import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { chooseTree } from '#app/build/steps/origin.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import { Host } from '#core/host.ts'
import { exampleManifest } from '#test/core/example-plan.ts'

/** A host whose zones are on ZFS. */
const shell: HostShell = {
  run: async () => 'tank/zones\t/zones\n',
  stream: () => Readable.from([]),
}
const host = Host.parse({ name: 'golden', builds: {} })
const place = { zone: 'from-web', zonepath: '/zones/from-web', host }

test.each([
  ['zonepath', 'zfs'],
  [undefined, 'zfs'],
  ['zoneroot', 'tar'],
] as const)('on ZFS, with a stream of a %s, an origin comes as %s', async (layout, format) => {
  const manifest = exampleManifest('web')
  const artifacts = manifest.artifacts.map(({ layout: _layout, ...artifact }) =>
    artifact.format === 'zfs' && layout ? { ...artifact, layout } : artifact,
  )
  expect(await chooseTree(shell, { ...manifest, artifacts }, place)).toMatchObject({ format })
})

test('a version with nothing but the stream of a zoneroot is no origin', async () => {
  const manifest = exampleManifest('web')
  const artifacts = manifest.artifacts.flatMap((artifact) =>
    artifact.format === 'zfs' ? [{ ...artifact, layout: 'zoneroot' as const }] : [],
  )
  await expect(chooseTree(shell, { ...manifest, artifacts }, place)).rejects.toMatchObject({
    code: 'OriginUnusable',
  })
})
