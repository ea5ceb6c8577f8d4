import type { ProfileStore } from '#app/ports/hosts.ts'
import type { Profile } from '#core/profile.ts'
import { assertStorable } from '#core/storable-text.ts'
import { profileNotFound } from '#core/store-errors.ts'

/** The profiles in a map. */
export class MemoryProfileStore implements ProfileStore {
  readonly #profiles = new Map<string, Profile>()

  async list(): Promise<Profile[]> {
    const profiles = [...this.#profiles.values()].map((profile) => structuredClone(profile))
    return profiles.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  async get(name: string): Promise<Profile> {
    const profile = this.#profiles.get(name)
    if (!profile) throw profileNotFound(name)
    return structuredClone(profile)
  }

  async set(profile: Profile): Promise<void> {
    assertStorable(profile.name, 'profile name')
    this.#profiles.set(profile.name, structuredClone(profile))
  }

  async remove(name: string): Promise<void> {
    if (!this.#profiles.delete(name)) throw profileNotFound(name)
  }
}
