// Promotes the candidates whose policy says that it is time.
import { aspirantOf, whyDue } from '#core/channel/automatic.ts'
import type { ChannelMove } from '#core/channel/schema.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { InstallLog } from '../ports/installs.ts'
import type { Clock } from '../ports/queue.ts'

export interface PromoteNeeds {
  channels: ChannelStore
  installs: InstallLog
  clock: Clock
}

/** Who acts where no person does. */
export const AUTOMATIC = 'automatic'

/** Promotes what is due of all templates, or of `only` these. May run anywhere, any number of times at once: a candidate is promoted once. */
export async function promoteDue(needs: PromoteNeeds, only?: readonly string[]): Promise<ChannelMove[]> {
  const made: ChannelMove[] = []
  for (const template of await needs.channels.withPolicy())
    if (!only || only.includes(template)) made.push(...(await promoteIfDue(template, needs)))
  return made
}

async function promoteIfDue(
  template: string,
  { channels, installs, clock }: PromoteNeeds,
): Promise<ChannelMove[]> {
  const { policy, ...there } = await channels.read(template)
  const seen = aspirantOf({ policy, ...there })
  if (!policy || !seen) return []
  const now = clock.now()
  const done = await installs.countDone({ template, version: seen.version }, new Date(seen.since))
  const why = whyDue(seen, policy, { done, now })
  if (why === undefined) return []
  return channels.change(template, now, (later) => {
    // it may have failed on a host, or been promoted, since it was looked at
    const still = aspirantOf(later)
    if (still?.version !== seen.version || still.to !== seen.to || still.since !== seen.since)
      return undefined
    return { moves: [{ channel: seen.to, to: seen.version, kind: 'automatic', actor: AUTOMATIC, why }] }
  })
}
