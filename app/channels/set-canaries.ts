// Names the hosts that get a template's candidate before everybody else does.
import type { AuditLog } from '../ports/access.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import { ProvisionError } from '#core/errors.ts'

interface Needs {
  channels: ChannelStore
  hosts: HostRegistry
  audit: AuditLog
}

/**
 * No hosts: the channel is one for all again. Canaries may be named before `stable`, or what the recipe promotes to, points anywhere.
 * @throws TemplateNotFound, ChannelNotFound, HostNotFound, CanaryChannel
 */
export async function setCanaries(
  {
    template,
    channel,
    hosts,
    actor,
  }: { template: string; channel: string; hosts: readonly string[]; actor: string },
  needs: Needs,
): Promise<{ template: string; channel: string; hosts: readonly string[] }> {
  if (channel === 'candidate')
    throw new ProvisionError(
      'invalid',
      'CanaryChannel',
      'the channel is candidate, which canaries get instead of it; expected another one, e.g. stable',
    )
  if (hosts.length > 0) await refuseUnknown(template, channel, needs.channels)
  for (const host of hosts) await needs.hosts.get(host)
  await needs.channels.setCanaries(template, channel, hosts)
  await needs.audit.write({
    actor,
    action: 'channel.canaries',
    subject: `${template}@${channel}`,
    details: { hosts },
  })
  return { template, channel, hosts: (await needs.channels.read(template)).canaries[channel] ?? [] }
}

async function refuseUnknown(template: string, channel: string, store: ChannelStore): Promise<void> {
  const { channels, policy } = await store.read(template)
  const known = new Set([...Object.keys(channels), 'stable', ...(policy ? [policy.to] : [])])
  known.delete('candidate')
  if (known.has(channel)) return
  throw new ProvisionError(
    'missing',
    'ChannelNotFound',
    `${template} has no channel ${channel}, expected ${[...known].toSorted().join(', ')}`,
  )
}
