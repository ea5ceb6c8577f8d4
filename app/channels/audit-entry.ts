// Every entry of a channel's history is in the audit log too, under one name for each kind.
import type { ChannelMove, MoveKind } from '#core/channel/schema.ts'
import type { AuditLog } from '../ports/access.ts'

const action: Record<MoveKind, string> = {
  publish: 'channel.publish',
  first: 'channel.publish',
  promote: 'template.promote',
  automatic: 'template.promote',
  rollback: 'template.rollback',
  'canary-back': 'channel.canary-back',
  hold: 'channel.hold',
  revoke: 'channel.revoke',
  unrevoke: 'channel.unrevoke',
}

export function auditEntry({
  template,
  channel,
  kind,
  from,
  to,
  actor,
  why,
}: ChannelMove): Parameters<AuditLog['write']>[0] {
  return {
    actor,
    action: action[kind],
    subject: `${template}@${channel}`,
    details: { from, to, kind, why },
  }
}
