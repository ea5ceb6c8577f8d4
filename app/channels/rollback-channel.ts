// Points a channel back at what it pointed at before.
import { nothingToRollBackTo } from '#core/channel/errors.ts'
import { rollbackTarget } from '#core/channel/rollback.ts'
import type { ChannelMove } from '#core/channel/schema.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { Clock } from '../ports/queue.ts'
import { usableVersion } from './promote-version.ts'

interface Needs {
  channels: ChannelStore
  clock: Clock
}

/**
 * To `to`, or to the nearest earlier version of the channel's history that is ready and not revoked. A second rollback goes
 * further back. What the channel leaves is held back: nothing but a person brings it there again.
 * @throws TemplateNotFound, NothingToRollBackTo, AlreadyThere, VersionNotFound, WrongState, VersionRevoked
 */
export async function rollbackChannel(
  {
    template,
    channel,
    to,
    actor,
    why,
  }: {
    template: string
    channel: string
    to?: string | undefined
    actor: string
    why?: string | undefined
  },
  { channels, clock }: Needs,
): Promise<ChannelMove> {
  const made = await channels.change(template, clock.now(), (there) => {
    const current = there.channels[channel]
    if (current === undefined) throw nothingToRollBackTo(template, channel, undefined)
    if (current === to) throw alreadyThere(template, channel, current)
    const target = to === undefined ? rollbackTarget(there, channel) : usableVersion(there, to).version
    if (target === undefined) throw nothingToRollBackTo(template, channel, current)
    const reason = why === undefined ? '' : `: ${why}`
    return {
      moves: [{ channel, to: target, kind: 'rollback', actor, why }],
      hold: { version: current, why: `${actor} rolled ${channel} back from it${reason}` },
    }
  })
  const [move] = made
  if (!move) throw new Error(`the rollback of ${template}@${channel} made no move`)
  return move
}

function alreadyThere(template: string, channel: string, version: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'AlreadyThere',
    `${template}@${channel} is ${version} already, expected another version`,
  )
}
