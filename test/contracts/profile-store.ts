import { describe, expect, test } from 'vitest'
import type { ProfileStore } from '#app/ports/hosts.ts'
import { Profile } from '#core/profile.ts'

const profileOf = (name: string, description = 'a test') =>
  Profile.parse({
    name,
    description,
    sysid: { rootPassword: 'NP' },
    zones: [{ name: 'web01', template: 'web@stable' }],
  })

/** What every ProfileStore promises. */
export function profileStoreContract(name: string, open: () => Promise<ProfileStore>): void {
  describe(`${name} keeps the ProfileStore contract`, () => {
    test('a profile is created, then replaced, and comes back as it was set', async () => {
      const profiles = await open()
      await profiles.set(profileOf('p'))
      await profiles.set(profileOf('p', 'NUL \0, lone \ud800'))
      expect(await profiles.get('p')).toEqual(profileOf('p', 'NUL \0, lone \ud800'))
    })

    test('profiles are listed by name', async () => {
      const profiles = await open()
      for (const name of ['p2', 'p10', 'p-1']) await profiles.set(profileOf(name))
      expect((await profiles.list()).map((profile) => profile.name)).toEqual(['p-1', 'p10', 'p2'])
    })

    test('a removed profile is gone', async () => {
      const profiles = await open()
      await profiles.set(profileOf('p'))
      await profiles.remove('p')
      expect(await profiles.list()).toEqual([])
    })

    test('a profile that is not there is ProfileNotFound, whatever its name', async () => {
      const profiles = await open()
      for (const name of ['p', 'nul\0', 'lone\ud800']) {
        await expect(profiles.get(name)).rejects.toMatchObject({ code: 'ProfileNotFound', kind: 'missing' })
        await expect(profiles.remove(name)).rejects.toMatchObject({ code: 'ProfileNotFound' })
      }
    })
  })
}
