// Where channels point, and which zones run which version. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type {
  Block,
  ChannelChange,
  ChannelMove,
  MoveKind,
  PromotePolicy,
  ReportedZone,
  TemplateChannels,
} from '#core/channel/schema.ts'
import type { VersionId } from './catalog.ts'

/** Where channels point, how they came there, and what revoked versions keep them from. */
export interface ChannelStore {
  /** @throws TemplateNotFound */
  read(template: string): Promise<TemplateChannels>
  /**
   * Does what `decide` says of what is there, in one transaction that no other change of the template's channels overlaps. Each
   * entry of the history is written to the audit log with it.
   * @throws TemplateNotFound, what `decide` throws, WrongState when a version to move to is not ready any more
   */
  change(
    template: string,
    at: Date,
    decide: (channels: TemplateChannels) => ChannelChange | undefined,
  ): Promise<ChannelMove[]>
  /** Every version that is revoked or built on a revoked one, at any depth, with the nearest that blocks it. */
  blocked(template?: string): Promise<(VersionId & { by: Block })[]>
  /** What blocks this version; undefined when nothing does. */
  blockOf(template: string, version: string): Promise<Block | undefined>
  /** The version and everything built on it, at any depth. */
  withDescendants(template: string, version: string): Promise<VersionId[]>
  /** Undefined: candidates wait for a person. `hooks` are told when one fails. @throws TemplateNotFound */
  setPolicy(template: string, policy: PromotePolicy | undefined, hooks?: readonly string[]): Promise<void>
  /** Templates with a policy, by name. */
  withPolicy(): Promise<string[]>
  /** The hosts that get the candidate instead of what the channel points at; none: nobody does. @throws TemplateNotFound */
  setCanaries(template: string, channel: string, hosts: readonly string[]): Promise<void>
  /** How many entries of each kind all histories have. */
  countMoves(): Promise<Partial<Record<MoveKind, number>>>
}

/** The zones on hosts, as the hosts last reported them. */
export interface ZoneRegistry {
  /** The host has made the zone from this version; one of that name before is forgotten. Said twice of one install: once. */
  made(zone: VersionId & { host: string; zone: string; install: string; at: Date }): Promise<void>
  /** The host says that the zone is there; of one that is not known, nothing. `booted` stays once it is true. */
  seen(zone: { host: string; zone: string; booted: boolean; at: Date }): Promise<void>
  /** A finished zone that says itself what it was made from. One that is known keeps what is known of it; of another, nobody is the maker. */
  found(zone: VersionId & { host: string; zone: string; at: Date }): Promise<void>
  /** Forgets those of these zones that this install made and that have not booted: the host has taken them back. */
  rolledBack(host: string, install: string, zones: readonly string[]): Promise<void>
  /** The zone is gone from its host. @throws ZoneNotFound */
  forget(host: string, zone: string): Promise<void>
  /** By host and zone. */
  list(filter?: { host?: string | undefined; template?: string | undefined }): Promise<ReportedZone[]>
}
