import { expect, test } from 'vitest'
import { emptyZoneConfig, zoneElement } from '#core/zone/config.ts'
import { sharedResourceWarnings } from '#sandbox/zoneadm/shared-resources.ts'

const home = (...options: string[]) =>
  zoneElement(
    'filesystem',
    { special: '/export', directory: '/export', type: 'lofs' },
    options.map((name) => zoneElement('fsoption', { name })),
  )
const net = zoneElement('network', { address: '192.0.2.10/24', physical: 'bge0' })

test('clone warns of an address and of a writable lofs that both zones have', () => {
  const source = { ...emptyZoneConfig('a'), elements: [home('rw'), net] }
  const target = { ...emptyZoneConfig('b'), elements: [home(), net] }
  expect(sharedResourceWarnings(source, target)).toEqual([
    "WARNING: read-write lofs file system on '/export' is configured in both zones.",
    "WARNING: network address '192.0.2.10/24' is configured in both zones.",
  ])
})

test('a read-only lofs in both zones is no reason to warn', () => {
  const config = (name: string) => ({ ...emptyZoneConfig(name), elements: [home('ro')] })
  expect(sharedResourceWarnings(config('a'), config('b'))).toEqual([])
})
