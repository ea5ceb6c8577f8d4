// Which version a canary host gets, and where the candidate goes when it fails there.
import { rollbackTarget } from './rollback.ts'
import { isUsable, type TemplateChannels } from './schema.ts'

/** The candidate, where this host gets it in the place of the channel's version: newer, of use and not held back. */
export function canaryVersion(there: TemplateChannels, channel: string, host: string): string | undefined {
  if (channel === 'candidate' || !there.canaries[channel]?.includes(host)) return undefined
  const find = (name: string | undefined) => there.versions.find(({ version }) => version === name)
  const current = find(there.channels[channel])
  const candidate = find(there.channels['candidate'])
  if (!current || !isUsable(candidate) || candidate.heldBack !== undefined) return undefined
  return candidate.createdAt > current.createdAt ? candidate.version : undefined
}

export const isCanary = ({ canaries }: TemplateChannels, host: string): boolean =>
  Object.values(canaries).some((hosts) => hosts.includes(host))

/** The last candidate that is of use and did not fail, else what `stable` points at; undefined when there is neither. */
export function lastGood(there: TemplateChannels): string | undefined {
  const { stable, candidate } = there.channels
  const isGood = isUsable(there.versions.find(({ version }) => version === stable)) && stable !== candidate
  return rollbackTarget(there, 'candidate', true) ?? (isGood ? stable : undefined)
}
