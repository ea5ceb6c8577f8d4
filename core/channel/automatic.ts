// When a candidate moves on by itself.
import { isRemark, isUsable, type PromotePolicy, type TemplateChannels } from './schema.ts'

/** A candidate that the policy may promote one day, and since when it has been one. */
export interface Aspirant {
  version: string
  since: string
  to: string
}

/** Undefined when nothing is to be promoted: no policy, or the candidate is there already, older, blocked, or held back. */
export function aspirantOf({ policy, channels, versions, moves }: TemplateChannels): Aspirant | undefined {
  const find = (name: string | undefined) => versions.find(({ version }) => version === name)
  const candidate = find(channels['candidate'])
  if (!policy || !isUsable(candidate) || candidate.heldBack !== undefined) return undefined
  const target = find(channels[policy.to])
  if (target && target.createdAt >= candidate.createdAt) return undefined
  const became = moves.findLast(
    ({ channel, to, kind }) => channel === 'candidate' && to === candidate.version && !isRemark(kind),
  )
  return became && { version: candidate.version, since: became.at, to: policy.to }
}

const MS_AN_HOUR = 3_600_000

/** In words why it is time, or undefined when it is not. */
export function whyDue(
  { since }: Aspirant,
  { afterInstalls, afterHours }: PromotePolicy,
  { done, now }: { /** successful installs since then */ done: number; now: Date },
): string | undefined {
  const hours = (now.getTime() - Date.parse(since)) / MS_AN_HOUR
  if (afterInstalls !== undefined && done >= afterInstalls)
    return `${done} successful ${done === 1 ? 'install' : 'installs'} since ${since}, ${afterInstalls} wanted`
  if (afterHours !== undefined && hours >= afterHours)
    return `candidate since ${since}, ${afterHours} h wanted, ${done} successful ${done === 1 ? 'install' : 'installs'}, none failed`
  return undefined
}
