import { beforeEach, describe, expect, test } from 'vitest'
import { addHost, setHost } from '#app/save-host.ts'
import { GivenHost, Host } from '#core/host.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryProfileStore } from '#test/fakes/memory-profile-store.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'

const token = {
  id: 't1',
  name: 'ann',
  role: 'admin' as const,
  createdAt: '2026-03-01T12:00:00.000Z',
  lastUsedAt: undefined,
}

let site: ReturnType<typeof newSite>
const newSite = () => ({
  hosts: new MemoryHostRegistry(new MemoryZoneRegistry()),
  profiles: new MemoryProfileStore(),
  audit: new MemoryAuditLog(),
})
beforeEach(() => {
  site = newSite()
})

const host = (name: string, ...macs: string[]) => Host.parse({ name, macs })
const add = (given: Host) => addHost({ host: given, token }, site)
const set = (given: Host) => setHost({ host: given, token }, site)
const taken = (other: string) =>
  expect.objectContaining({ code: 'MacTaken', message: expect.stringContaining(`of host ${other},`) })

describe('a MAC address', () => {
  test('of another host is refused, in any spelling', async () => {
    await add(host('h1', '0:11:22:a:b:c'))
    await expect(add(host('h2', '00-11-22-0A-0B-0C'))).rejects.toEqual(taken('h1'))
    await add(host('h2'))
    await expect(set(host('h2', '00112233445e', '0011220a0b0c'))).rejects.toEqual(taken('h1'))
    expect((await site.hosts.get('h2')).macs).toEqual([])
  })

  test('that two records have already stays with both, and is new to neither', async () => {
    await site.hosts.add(host('h1', '0:11:22:a:b:c'))
    await site.hosts.add(host('h2', '0:11:22:a:b:c', 'ff:ff:ff:ff:ff:ff'))
    const both = { ...host('h2', '0:11:22:a:b:c', 'ff:ff:ff:ff:ff:ff'), arch: 'sun4u' }
    expect(await set(both)).toEqual(both)
  })

  test.each([
    ['ff:ff:ff:ff:ff:ff', 'everybody’s'],
    ['0:0:0:0:0:0', 'no address'],
    ['01:00:5e:00:00:01', 'that of a group'],
  ])('%s is refused: it is %s', async (mac, what) => {
    const refused = expect.objectContaining({ code: 'MacUnusable', message: expect.stringContaining(what) })
    await expect(add(host('h1', mac))).rejects.toEqual(refused)
    await add(host('h1', '02:00:00:00:00:01'))
    await expect(set(host('h1', mac))).rejects.toEqual(refused)
  })

  test('with - has two digits in each part: one alone lost the other', () => {
    expect(Host.safeParse({ name: 'h1', macs: ['00-11-22-33-44-5'] }).success).toBe(false)
    expect(host('h1', '00-11-22-33-44-05', '0:11:22:33:44:5').macs).toEqual([
      '00:11:22:33:44:05',
      '00:11:22:33:44:05',
    ])
  })
})

describe('the beginning of addresses of a group', () => {
  const group = (name: string, macPrefix: string) => GivenHost.parse({ name, facts: { macPrefix } })

  test('of another record is refused, in any spelling', async () => {
    await add(group('rack1', '8:0:27'))
    await expect(add(group('rack2', '080027'))).rejects.toEqual(taken('rack1'))
    await add(group('rack2', '080028'))
    await expect(set(group('rack2', '08-00-27'))).rejects.toEqual(taken('rack1'))
    await set(group('rack1', '08:00:27'))
    await add(group('rack3', '0800'))
  })

  test('that two records have already stays with both', async () => {
    await site.hosts.add(group('rack1', '080027'))
    await site.hosts.add(group('rack2', '080027'))
    expect(await set(group('rack2', '8:0:27'))).toMatchObject({ facts: { macPrefix: '8:0:27' } })
  })

  test.each(['zz', '', '080027xx', '0800270000000', '08:00:27:00:00:01', '8-0-27'])('is not %j', (text) => {
    const { error } = GivenHost.safeParse({ name: 'rack1', facts: { macPrefix: text } })
    expect(error?.issues).toMatchObject([
      {
        path: ['facts', 'macPrefix'],
        message: expect.stringMatching(
          /^the fact macPrefix is ".*", expected the beginning of MAC addresses/,
        ),
      },
    ])
  })
})
