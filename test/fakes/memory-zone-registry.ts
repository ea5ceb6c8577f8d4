import type { VersionId } from '#app/ports/catalog.ts'
import type { ZoneRegistry } from '#app/ports/channels.ts'
import type { ReportedZone } from '#core/channel/schema.ts'
import { zoneNotFound } from '#core/store-errors.ts'

/** The zones on hosts in a map. */
export class MemoryZoneRegistry implements ZoneRegistry {
  readonly #zones = new Map<string, ReportedZone & { install: string }>()

  async made({
    host,
    zone,
    template,
    version,
    install,
    at,
  }: VersionId & { host: string; zone: string; install: string; at: Date }): Promise<void> {
    const there = this.#zones.get(`${host} ${zone}`)
    if (there?.template === template && there.version === version && there.install === install) return
    const now = at.toISOString()
    this.#zones.set(`${host} ${zone}`, {
      host,
      zone,
      template,
      version,
      install,
      booted: false,
      since: now,
      lastReported: now,
    })
  }

  async seen({
    host,
    zone,
    booted,
    at,
  }: {
    host: string
    zone: string
    booted: boolean
    at: Date
  }): Promise<void> {
    const there = this.#zones.get(`${host} ${zone}`)
    if (!there) return
    there.lastReported = at.toISOString()
    if (booted) there.booted = true
  }

  async found({
    host,
    zone,
    template,
    version,
    at,
  }: VersionId & { host: string; zone: string; at: Date }): Promise<void> {
    if (!this.#zones.has(`${host} ${zone}`))
      await this.made({ host, zone, template, version, install: '', at })
    await this.seen({ host, zone, booted: true, at })
  }

  async rolledBack(host: string, install: string, zones: readonly string[]): Promise<void> {
    for (const zone of zones) {
      const there = this.#zones.get(`${host} ${zone}`)
      if (there?.install === install && !there.booted) this.#zones.delete(`${host} ${zone}`)
    }
  }

  /** Whether this install made a zone from that version. */
  isMadeBy(install: string, { template, version }: VersionId): boolean {
    return [...this.#zones.values()].some(
      (zone) => zone.install === install && zone.template === template && zone.version === version,
    )
  }

  async forget(host: string, zone: string): Promise<void> {
    if (!this.#zones.delete(`${host} ${zone}`)) throw zoneNotFound(host, zone)
  }

  async list({ host, template }: Parameters<ZoneRegistry['list']>[0] = {}): Promise<ReportedZone[]> {
    return [...this.#zones.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { install: _install, ...zone }]) => zone)
      .filter((zone) => (host ?? zone.host) === zone.host && (template ?? zone.template) === zone.template)
  }
}
