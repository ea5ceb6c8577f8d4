import type { ZoneRegistry } from '#app/ports/channels.ts'
import type { HostRegistry } from '#app/ports/hosts.ts'
import type { Host } from '#core/host.ts'
import { assertStorable } from '#core/storable-text.ts'
import { hostExists, hostNotFound } from '#core/store-errors.ts'
import { MemoryZoneRegistry } from './memory-zone-registry.ts'

/** The hosts in a map. */
export class MemoryHostRegistry implements HostRegistry {
  readonly #hosts = new Map<string, Host>()
  readonly #zones: ZoneRegistry

  constructor(zones: ZoneRegistry = new MemoryZoneRegistry()) {
    this.#zones = zones
  }

  async list(): Promise<Host[]> {
    const hosts = [...this.#hosts.values()].map((host) => structuredClone(host))
    return hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  async get(name: string): Promise<Host> {
    const host = await this.find(name)
    if (!host) throw hostNotFound(name)
    return host
  }

  async find(name: string): Promise<Host | undefined> {
    return structuredClone(this.#hosts.get(name))
  }

  async add(host: Host): Promise<void> {
    assertStorable(host.name, 'host name')
    if (this.#hosts.has(host.name)) throw hostExists(host.name)
    this.#hosts.set(host.name, structuredClone(host))
  }

  async set(host: Host): Promise<void> {
    if (!this.#hosts.has(host.name)) throw hostNotFound(host.name)
    this.#hosts.set(host.name, structuredClone(host))
  }

  async remove(name: string): Promise<void> {
    if (!this.#hosts.delete(name)) throw hostNotFound(name)
    for (const { zone } of await this.#zones.list({ host: name })) await this.#zones.forget(name, zone)
  }
}
