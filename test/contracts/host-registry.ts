import { describe, expect, test } from 'vitest'
import type { HostRegistry } from '#app/ports/hosts.ts'
import { Host } from '#core/host.ts'

/** What every HostRegistry promises. */
export function hostRegistryContract(name: string, open: () => Promise<HostRegistry>): void {
  describe(`${name} keeps the HostRegistry contract`, () => {
    test('a host comes back as it was added, any fact unharmed', async () => {
      const hosts = await open()
      const host = Host.parse({ name: 'h1', macs: ['0:1:2:3:4:5'], facts: { odd: 'NUL \0, lone \ud800' } })
      await hosts.add(host)
      expect(await hosts.get('h1')).toEqual(host)
      expect(await hosts.find('h1')).toEqual(host)
    })

    test('hosts are listed by name', async () => {
      const hosts = await open()
      for (const host of ['h-2', 'h10', 'h1', 'h-10']) await hosts.add(Host.parse({ name: host }))
      expect((await hosts.list()).map((host) => host.name)).toEqual(['h-10', 'h-2', 'h1', 'h10'])
    })

    test('a second host of the same name is refused', async () => {
      const hosts = await open()
      await hosts.add(Host.parse({ name: 'h1' }))
      await expect(hosts.add(Host.parse({ name: 'h1', arch: 'sun4u' }))).rejects.toMatchObject({
        code: 'HostExists',
      })
      expect((await hosts.get('h1')).arch).toBe('i86pc')
    })

    test('a host is replaced whole', async () => {
      const hosts = await open()
      await hosts.add(Host.parse({ name: 'h1', facts: { a: '1' }, profile: 'p' }))
      await hosts.set(Host.parse({ name: 'h1', facts: { b: '2' } }))
      expect(await hosts.get('h1')).toEqual(Host.parse({ name: 'h1', facts: { b: '2' } }))
    })

    test('a removed host is gone', async () => {
      const hosts = await open()
      await hosts.add(Host.parse({ name: 'h1' }))
      await hosts.remove('h1')
      expect(await hosts.find('h1')).toBeUndefined()
      await expect(hosts.remove('h1')).rejects.toMatchObject({ code: 'HostNotFound' })
    })

    test('a host that is not there is HostNotFound, whatever its name', async () => {
      const hosts = await open()
      for (const name of ['h1', 'nul\0', 'lone\ud800']) {
        const missing = { code: 'HostNotFound', kind: 'missing' }
        await expect(hosts.get(name)).rejects.toMatchObject(missing)
        await expect(hosts.set({ ...Host.parse({ name: 'x' }), name })).rejects.toMatchObject(missing)
        await expect(hosts.remove(name)).rejects.toMatchObject(missing)
        expect(await hosts.find(name)).toBeUndefined()
      }
    })

    test('a name that no database can hold is refused', async () => {
      const hosts = await open()
      const add = hosts.add({ ...Host.parse({ name: 'x' }), name: 'nul\0' })
      await expect(add).rejects.toMatchObject({ code: 'UnstorableText', kind: 'invalid' })
    })
  })
}
