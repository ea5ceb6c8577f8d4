import type { AuditEntry, AuditLog } from '#app/ports/access.ts'
import type {
  Revocation,
  TemplateCatalog,
  TemplateSummary,
  VersionId,
  VersionRecord,
} from '#app/ports/catalog.ts'
import type { ChannelMove, PromotePolicy } from '#core/channel/schema.ts'
import { sortedClients, type Client } from '#core/client.ts'
import type { Md5, Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact, Manifest, TemplateKind } from '#core/manifest.ts'
import type { Retention } from '#core/retention/policy.ts'
import { assertStorable } from '#core/storable-text.ts'
import {
  templateKindMixed,
  templateNotFound,
  versionDeleted,
  versionExists,
  versionInUse,
  versionNotFound,
  wrongState,
} from '#core/store-errors.ts'
import { mayBecome, type VersionState } from '#core/version-state.ts'
import { MemoryAuditLog } from './memory-audit-log.ts'
import { MemoryChannelStore } from './memory-channel-store.ts'

export interface MemoryTemplate {
  public: boolean
  kind?: TemplateKind
  openTo: Client[]
  imageLayout?: ArchiveLayout | undefined
  channels: Map<string, string>
  /** oldest first */
  moves: ChannelMove[]
  canaries: Map<string, string[]>
  policy: PromotePolicy | undefined
  hooks: readonly string[]
  revocations: Map<string, Revocation>
  heldBack: Map<string, string>
  versions: Map<string, VersionRecord>
  /** versions that have been ready */
  wereReady: Set<string>
  retention?: Retention
}

/** The catalog in maps. */
export class MemoryTemplateCatalog implements TemplateCatalog {
  readonly #templates = new Map<string, MemoryTemplate>()
  readonly #indexes = new Map<Sha256, Entry[]>()
  readonly #audit: AuditLog

  constructor(audit: AuditLog = new MemoryAuditLog()) {
    this.#audit = audit
  }

  async listTemplates(): Promise<TemplateSummary[]> {
    return [...this.#templates.keys()].toSorted().map((name) => this.#summary(name))
  }

  async ensureTemplate(name: string): Promise<void> {
    assertStorable(name, 'template name')
    if (!this.#templates.has(name))
      this.#templates.set(name, {
        public: false,
        openTo: [],
        channels: new Map(),
        moves: [],
        canaries: new Map(),
        policy: undefined,
        hooks: [],
        revocations: new Map(),
        heldBack: new Map(),
        versions: new Map(),
        wereReady: new Set(),
      })
  }

  async setPublic(name: string, isPublic: boolean): Promise<void> {
    this.#template(name).public = isPublic
  }

  async setOpenTo(name: string, clients: readonly Client[]): Promise<void> {
    this.#template(name).openTo = sortedClients(clients)
  }

  async setImageLayout(name: string, layout: ArchiveLayout | undefined): Promise<void> {
    this.#template(name).imageLayout = layout
  }

  async getTemplate(name: string): Promise<TemplateSummary> {
    return this.#summary(name)
  }

  async listVersions(template: string): Promise<VersionRecord[]> {
    return this.#live(this.#template(template))
  }

  async getVersion(template: string, versionOrChannel: string): Promise<VersionRecord> {
    const found = this.#template(template)
    const version = found.channels.get(versionOrChannel) ?? versionOrChannel
    const record = found.versions.get(version)
    if (!record || record.state === 'deleted') throw versionNotFound(template, versionOrChannel)
    return structuredClone(record)
  }

  async findVersion(template: string, version: string): Promise<VersionRecord | undefined> {
    const record = this.#templates.get(template)?.versions.get(version)
    return record?.state === 'deleted' ? undefined : structuredClone(record)
  }

  async isNameSpent(template: string, version: string): Promise<boolean> {
    const found = this.#templates.get(template)
    return found?.versions.get(version)?.state === 'deleted' && found.wereReady.has(version)
  }

  async findVersionsByBlob(sha256: Sha256): Promise<VersionRecord[]> {
    return this.#everyVersion().filter(({ manifest }) => manifest.artifacts.some((a) => a.sha256 === sha256))
  }

  async findVersionsByGuid(guid: string): Promise<VersionRecord[]> {
    return this.#everyVersion().filter(({ manifest }) => manifest.artifacts.some((one) => one.guid === guid))
  }

  async findVersionsByDigestPrefix(prefix: string): Promise<VersionRecord[]> {
    if (!/^[0-9a-f]{8,64}$/.test(prefix)) return []
    return this.#everyVersion().filter(({ manifest }) =>
      manifest.artifacts.some(({ sha256 }) => sha256.startsWith(prefix)),
    )
  }

  async setMd5(sha256: Sha256, md5: Md5): Promise<void> {
    for (const { versions } of this.#templates.values())
      for (const { manifest } of versions.values())
        for (const artifact of manifest.artifacts) if (artifact.sha256 === sha256) artifact.md5 = md5
  }

  async putVersion(
    record: VersionRecord,
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
  ): Promise<void> {
    const { template, version } = record.manifest
    assertStorable(version, 'version')
    this.#assertReplaceable(template, version)
    const collected = new Map<Sha256, Entry[]>()
    for (const [sha256, index] of indexes) collected.set(sha256, await collect(index))
    const { origin } = record.manifest
    if (origin && (await this.findVersion(origin.template, origin.version)) === undefined)
      throw versionNotFound(origin.template, origin.version)
    await this.ensureTemplate(template)
    this.#assertReplaceable(template, version)
    const { kind = 'zone' } = record.manifest
    const there = this.#template(template).kind
    if (there && there !== kind) throw templateKindMixed(template, kind, there)
    if (record.state === 'ready') this.#template(template).kind = kind
    this.#template(template).versions.set(version, structuredClone(record))
    if (record.state === 'ready') this.#template(template).wereReady.add(version)
    for (const [sha256, entries] of collected)
      if (!this.#indexes.has(sha256)) this.#indexes.set(sha256, entries)
  }

  async addArtifacts(
    { template, version }: VersionId,
    artifacts: readonly Artifact[],
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
    audit: AuditEntry & { at: Date },
  ): Promise<Artifact[]> {
    const collected = new Map<Sha256, Entry[]>()
    for (const [sha256, index] of indexes) collected.set(sha256, await collect(index))
    this.assertReady(template, version)
    const { manifest } = this.#template(template).versions.get(version) ?? { manifest: undefined }
    if (!manifest) throw versionNotFound(template, version)
    const added = artifacts.filter(
      ({ sha256 }) => !manifest.artifacts.some((there) => there.sha256 === sha256),
    )
    manifest.artifacts.push(...structuredClone(added))
    for (const { sha256 } of added)
      if (!this.#indexes.has(sha256)) this.#indexes.set(sha256, collected.get(sha256) ?? [])
    if (added.length > 0) await this.#audit.write(audit)
    return structuredClone(added)
  }

  async setState(
    template: string,
    version: string,
    state: VersionState,
    revocation?: Revocation,
  ): Promise<void> {
    const found = this.#template(template)
    const record = found.versions.get(version)
    if (!record || record.state === 'deleted') throw versionNotFound(template, version)
    if (!mayBecome(record.state, state))
      throw wrongState(template, version, record.state, `a state that may become ${state}`)
    if (state === 'deleted') this.#assertUnused(template, version)
    record.state = state
    if (state === 'revoked') found.revocations.set(version, revocation ?? { at: new Date() })
    if (state === 'ready') found.wereReady.add(version)
  }

  async abandonBuild(template: string, version: string): Promise<boolean> {
    if ((await this.findVersion(template, version))?.state !== 'building') return false
    await this.setState(template, version, 'deleted')
    return true
  }

  async *entries(sha256: Sha256): AsyncIterable<Entry> {
    yield* this.#indexes.get(sha256) ?? []
  }

  async setChannel(template: string, channel: string, version: string): Promise<void> {
    await new MemoryChannelStore(this).change(template, new Date(), () => ({
      moves: [{ channel, to: version, kind: 'promote', actor: 'zoneflash' }],
    }))
  }

  /** The index of bytes that no version has yet. */
  async keepIndex(sha256: Sha256, entries: AsyncIterable<Entry> | Iterable<Entry>): Promise<void> {
    if (!this.#indexes.has(sha256)) this.#indexes.set(sha256, await collect(entries))
  }

  /** What the channels' fake works on. */
  inside(template: string): MemoryTemplate {
    return this.#template(template)
  }

  /** @throws VersionNotFound, WrongState */
  assertReady(template: string, version: string): void {
    const record = this.#template(template).versions.get(version)
    if (!record || record.state === 'deleted') throw versionNotFound(template, version)
    if (record.state !== 'ready') throw wrongState(template, version, record.state, 'ready')
  }

  /** Of all templates, without the deleted ones. */
  everyVersion(): VersionRecord[] {
    return this.#everyVersion()
  }

  async listUnreleased(): Promise<Manifest[]> {
    return [...this.#templates.values()]
      .flatMap(({ versions }) => [...versions.values()])
      .filter(({ state, manifest }) => state === 'deleted' && manifest.madeFrom !== undefined)
      .map(({ manifest }) => structuredClone(manifest))
  }

  async setReleased(template: string, version: string): Promise<void> {
    const record = this.#templates.get(template)?.versions.get(version)
    if (record?.state === 'deleted') delete record.manifest.madeFrom
  }

  async referencedBlobs(): Promise<Set<Sha256>> {
    return new Set(this.#everyVersion().flatMap(({ manifest }) => manifest.artifacts.map((a) => a.sha256)))
  }

  async isUnreferenced(sha256: Sha256): Promise<boolean> {
    return !(await this.referencedBlobs()).has(sha256)
  }

  async listRetention(): Promise<Map<string, Retention>> {
    return new Map(
      [...this.#templates].flatMap(([name, { retention }]) => (retention ? [[name, retention]] : [])),
    )
  }

  async setRetention(template: string, retention: Retention): Promise<void> {
    this.#template(template).retention = retention
  }

  #template(name: string): MemoryTemplate {
    const template = this.#templates.get(name)
    if (!template) throw templateNotFound(name)
    return template
  }

  #summary(name: string): TemplateSummary {
    const template = this.#template(name)
    const live = this.#live(template)
    return {
      name,
      public: template.public,
      ...(template.kind && { kind: template.kind }),
      openTo: [...template.openTo],
      ...(template.imageLayout && { imageLayout: template.imageLayout }),
      channels: Object.fromEntries([...template.channels].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      versions: live.length,
      latest: live.findLast(({ state }) => state === 'ready')?.manifest.version,
    }
  }

  #live(template: MemoryTemplate): VersionRecord[] {
    return [...template.versions.values()]
      .filter(({ state }) => state !== 'deleted')
      .map((record) => structuredClone(record))
  }

  #everyVersion(): VersionRecord[] {
    return [...this.#templates.values()].flatMap((template) => this.#live(template))
  }

  #assertReplaceable(template: string, version: string): void {
    const there = this.#templates.get(template)?.versions.get(version)
    if (there?.state === 'deleted' && this.#templates.get(template)?.wereReady.has(version))
      throw versionDeleted(template, version)
    if (there && there.state !== 'building' && there.state !== 'deleted')
      throw versionExists(template, version, there.state)
  }

  #assertUnused(template: string, version: string): void {
    for (const [channel, target] of this.#template(template).channels)
      if (target === version) throw versionInUse(template, version, `channel ${channel}`)
    for (const { manifest } of this.#everyVersion())
      if (manifest.origin?.template === template && manifest.origin.version === version)
        throw versionInUse(template, version, `${manifest.template}@${manifest.version}, whose origin it is`)
  }
}

async function collect(index: AsyncIterable<Entry> | Iterable<Entry>): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of index) entries.push(entry)
  return entries
}
