// Points a channel of a template at one of its ready versions, because a person says so.
import { versionRevoked } from '#core/channel/errors.ts'
import type { ChannelVersion, TemplateChannels } from '#core/channel/schema.ts'
import { versionNotFound, wrongState } from '#core/store-errors.ts'
import type { TemplateCatalog, TemplateSummary } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { Clock } from '../ports/queue.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
  clock: Clock
}

/**
 * A version that was held back is so no longer: somebody wants it. No effect on a channel that points at it already.
 * @throws TemplateNotFound, VersionNotFound, WrongState unless the version is ready, VersionRevoked
 */
export async function promoteVersion(
  {
    template,
    channel,
    version,
    actor,
    why,
  }: { template: string; channel: string; version: string; actor: string; why?: string | undefined },
  { catalog, channels, clock }: Needs,
): Promise<TemplateSummary> {
  await channels.change(template, clock.now(), (there) => {
    const { heldBack } = usableVersion(there, version)
    const isThere = there.channels[channel] === version
    return {
      moves: isThere ? [] : [{ channel, to: version, kind: 'promote', actor, why }],
      ...(heldBack !== undefined && { hold: { version, why: undefined } }),
    }
  })
  return catalog.getTemplate(template)
}

/** @throws VersionNotFound, WrongState, VersionRevoked */
export function usableVersion({ template, versions }: TemplateChannels, name: string): ChannelVersion {
  const version = versions.find((one) => one.version === name)
  if (!version) throw versionNotFound(template, name)
  if (version.blockedBy) throw versionRevoked(template, name, version.blockedBy)
  if (version.state !== 'ready') throw wrongState(template, name, version.state, 'ready')
  return version
}
