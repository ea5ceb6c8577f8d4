// Replies about channels and the zones on hosts.
import { z } from 'zod'
import { Block, ChannelMove, PromotePolicy, ReportedZone } from '#core/channel/schema.ts'

export const MoveReply = z.looseObject(ChannelMove.shape)
export type MoveReply = z.infer<typeof MoveReply>

export const ZoneReply = z.looseObject(ReportedZone.shape)
export type ZoneReply = z.infer<typeof ZoneReply>

export const BlockReply = z.looseObject(Block.shape)

export const CanariesReply = z.looseObject({
  template: z.string(),
  channel: z.string(),
  hosts: z.array(z.string()),
})

export const ChannelsReply = z.looseObject({
  template: z.string(),
  channels: z.record(z.string(), z.string()),
  canaries: z.record(z.string(), z.array(z.string())),
  promote: PromotePolicy.optional(),
  heldBack: z.array(z.looseObject({ version: z.string(), why: z.string() })),
})
export type ChannelsReply = z.infer<typeof ChannelsReply>

const VersionId = z.looseObject({ template: z.string(), version: z.string() })

export const ReachReply = z.looseObject({
  versions: z.array(VersionId),
  channels: z.array(z.looseObject({ template: z.string(), version: z.string(), channel: z.string() })),
  zones: z.array(ZoneReply),
  installs: z.array(z.looseObject({ id: z.string(), host: z.string(), mayFinish: z.boolean() })),
})
export type ReachReply = z.infer<typeof ReachReply>
