// Names the hosts that get a template's candidate before everybody else does.
import type { AuditLog, ChannelStore, HostRegistry } from '../ports.ts'
import { ProvisionError } from '#core/errors.ts'

interface Needs {
  channels: ChannelStore
  hosts: HostRegistry
  audit: AuditLog
}

/** No hosts: the channel is one for all again. @throws TemplateNotFound, HostNotFound, CanaryChannel */
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
