import { auditEntry } from '#app/channels/audit-entry.ts'
import type { AuditLog } from '#app/ports/access.ts'
import type { VersionId } from '#app/ports/catalog.ts'
import type { ChannelStore } from '#app/ports/channels.ts'
import type {
  Block,
  ChannelChange,
  ChannelMove,
  MoveKind,
  PromotePolicy,
  TemplateChannels,
} from '#core/channel/schema.ts'
import { assertStorable } from '#core/storable-text.ts'
import { MemoryAuditLog } from './memory-audit-log.ts'
import type { MemoryTemplateCatalog } from './memory-template-catalog.ts'

/** Channels beside a catalog in memory. A change is one turn of the event loop, so nothing overlaps it. */
export class MemoryChannelStore implements ChannelStore {
  readonly #catalog: MemoryTemplateCatalog
  readonly #audit: AuditLog

  constructor(catalog: MemoryTemplateCatalog, audit: AuditLog = new MemoryAuditLog()) {
    this.#catalog = catalog
    this.#audit = audit
  }

  async read(template: string): Promise<TemplateChannels> {
    return this.#read(template)
  }

  async change(
    template: string,
    at: Date,
    decide: (channels: TemplateChannels) => ChannelChange | undefined,
  ): Promise<ChannelMove[]> {
    const { moves = [], hold } = decide(this.#read(template)) ?? {}
    const found = this.#catalog.inside(template)
    const channels = new Map(found.channels)
    const made: ChannelMove[] = []
    for (const { channel, to, kind, actor, why } of moves) {
      const from = channels.get(channel)
      if (from !== to) this.#catalog.assertReady(template, to)
      assertStorable(channel, 'channel')
      channels.set(channel, to)
      made.push({
        template,
        channel,
        ...(from !== undefined && { from }),
        to,
        kind,
        actor,
        ...(why !== undefined && { why }),
        at: at.toISOString(),
      })
    }
    found.channels = channels
    found.moves.push(...made)
    if (hold && hold.why === undefined) found.heldBack.delete(hold.version)
    else if (hold) found.heldBack.set(hold.version, hold.why ?? '')
    for (const move of made) await this.#audit.write(auditEntry(move))
    return structuredClone(made)
  }

  async blocked(template?: string): Promise<(VersionId & { by: Block })[]> {
    return this.#blocked().filter((one) => template === undefined || one.template === template)
  }

  async blockOf(template: string, version: string): Promise<Block | undefined> {
    return this.#blocked().find((one) => one.template === template && one.version === version)?.by
  }

  async withDescendants(template: string, version: string): Promise<VersionId[]> {
    return this.#catalog
      .everyVersion()
      .filter(({ manifest }) =>
        this.#line(manifest).some((one) => one.template === template && one.version === version),
      )
      .map(({ manifest }) => ({ template: manifest.template, version: manifest.version }))
      .toSorted((a, b) => (`${a.template}@${a.version}` < `${b.template}@${b.version}` ? -1 : 1))
  }

  async setPolicy(
    template: string,
    policy: PromotePolicy | undefined,
    hooks: readonly string[] = [],
  ): Promise<void> {
    Object.assign(this.#catalog.inside(template), structuredClone({ policy, hooks }))
  }

  async withPolicy(): Promise<string[]> {
    const templates = await this.#catalog.listTemplates()
    return templates.map(({ name }) => name).filter((name) => this.#catalog.inside(name).policy !== undefined)
  }

  async setCanaries(template: string, channel: string, hosts: readonly string[]): Promise<void> {
    assertStorable(channel, 'channel')
    const { canaries } = this.#catalog.inside(template)
    if (hosts.length === 0) canaries.delete(channel)
    else canaries.set(channel, [...new Set(hosts)].toSorted())
  }

  async countMoves(): Promise<Partial<Record<MoveKind, number>>> {
    const counts: Partial<Record<MoveKind, number>> = {}
    for (const { name } of await this.#catalog.listTemplates())
      for (const { kind } of this.#catalog.inside(name).moves) counts[kind] = (counts[kind] ?? 0) + 1
    return counts
  }

  #read(template: string): TemplateChannels {
    const { channels, moves, heldBack, policy, hooks, canaries } = this.#catalog.inside(template)
    const blocks = this.#blocked().filter((one) => one.template === template)
    const versions = this.#catalog.everyVersion().filter(({ manifest }) => manifest.template === template)
    return structuredClone({
      template,
      channels: Object.fromEntries([...channels].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      moves,
      versions: versions.map(({ state, manifest: { version, createdAt } }) => ({
        version,
        state,
        createdAt,
        heldBack: heldBack.get(version),
        blockedBy: blocks.find((one) => one.version === version)?.by,
      })),
      policy,
      hooks,
      canaries: Object.fromEntries(canaries),
    })
  }

  #blocked(): (VersionId & { by: Block })[] {
    return this.#catalog.everyVersion().flatMap(({ manifest }) => {
      for (const { template, version } of this.#line(manifest)) {
        const there = this.#catalog.inside(template)
        if (there.versions.get(version)?.state !== 'revoked') continue
        const { why, at = new Date(0) } = there.revocations.get(version) ?? {}
        const by: Block = { template, version, ...(why !== undefined && { why }), since: at.toISOString() }
        return [{ template: manifest.template, version: manifest.version, by }]
      }
      return []
    })
  }

  /** The version, its origin, that one's origin, … */
  #line(start: VersionId): VersionId[] {
    const line: VersionId[] = []
    for (let at: VersionId | undefined = start; at;) {
      const { template, version }: VersionId = at
      if (line.some((one) => one.template === template && one.version === version)) break
      line.push({ template, version })
      const record = this.#catalog.inside(template).versions.get(version)
      at = record?.state === 'deleted' ? undefined : record?.manifest.origin
    }
    return line
  }
}
