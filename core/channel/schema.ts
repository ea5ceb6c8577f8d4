// What is known of a template's channels: where they point, how they came there, and which versions they may point at.
import { z } from 'zod'
import { ChannelName, HostName, TemplateName, VersionName, ZoneName } from '../names.ts'
import { RecipeFields } from '../recipe/schema.ts'
import type { VersionState } from '../version-state.ts'

/** When a candidate moves on by itself; a recipe says so, and a build that publishes leaves it with the template. */
export const PromotePolicy = RecipeFields.shape.promote.unwrap()
export type PromotePolicy = z.infer<typeof PromotePolicy>

/**
 * How an entry of the history came about. The first four move the channel forward, `rollback` and `canary-back` move it back.
 * `hold`, `revoke` and `unrevoke` leave it where it is and say what became of the version that it points at.
 */
export const MoveKind = z.enum([
  'publish',
  'first',
  'promote',
  'automatic',
  'rollback',
  'canary-back',
  'hold',
  'revoke',
  'unrevoke',
])
export type MoveKind = z.infer<typeof MoveKind>

const remarks: readonly MoveKind[] = ['hold', 'revoke', 'unrevoke']

/** Whether such an entry leaves the channel where it is. */
export const isRemark = (kind: MoveKind): boolean => remarks.includes(kind)

/** Why somebody did it, in a line or a few. */
export const Why = z.string().min(1).max(500)

/** One entry of a channel's history. */
export const ChannelMove = z.object({
  template: TemplateName,
  channel: ChannelName,
  from: VersionName.optional(),
  to: VersionName,
  kind: MoveKind,
  actor: z.string(),
  why: z.string().optional(),
  at: z.iso.datetime(),
})
export type ChannelMove = z.infer<typeof ChannelMove>

/** The revoked version that blocks another one, or itself. */
export const Block = z.object({
  template: TemplateName,
  version: VersionName,
  why: z.string().optional(),
  /** when it was revoked */
  since: z.iso.datetime(),
})
export type Block = z.infer<typeof Block>

/** A version as far as channels care. */
export interface ChannelVersion {
  version: string
  state: VersionState
  createdAt: string
  /** why no channel takes it by itself: it failed on a host, or somebody rolled it back */
  heldBack: string | undefined
  blockedBy: Block | undefined
}

/** A template's channels and all that decides about them, as of one moment. */
export interface TemplateChannels {
  template: string
  /** channel → version */
  channels: Readonly<Record<string, string>>
  /** oldest first */
  moves: readonly ChannelMove[]
  /** those that are not deleted, in the order they were recorded */
  versions: readonly ChannelVersion[]
  policy: PromotePolicy | undefined
  /** whom to tell when a candidate fails: the recipe's webhooks for `failed` */
  hooks: readonly string[]
  /** channel → the hosts that get the candidate instead */
  canaries: Readonly<Record<string, readonly string[]>>
}

/** What is to become of a template's channels. */
export interface ChannelChange {
  /** an entry each; those that are no remarks move their channel to `to` */
  moves?: readonly { channel: string; to: string; kind: MoveKind; actor: string; why?: string | undefined }[]
  /** `why` undefined: nothing holds it back any more */
  hold?: { version: string; why: string | undefined }
}

/** A zone as its host last reported it. */
export const ReportedZone = z.object({
  host: HostName,
  zone: ZoneName,
  template: TemplateName,
  version: VersionName,
  /** whether it has booted; one that has not goes when its host rolls an install back */
  booted: z.boolean(),
  /** when it was made from that version */
  since: z.iso.datetime(),
  lastReported: z.iso.datetime(),
})
export type ReportedZone = z.infer<typeof ReportedZone>

/** Ready, and neither revoked itself nor built on something that is. */
export const isUsable = (version: ChannelVersion | undefined): version is ChannelVersion =>
  version?.state === 'ready' && version.blockedBy === undefined
