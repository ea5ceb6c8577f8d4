// What becomes of a template's channels when a version is ready, whichever way it came.
import type { ChannelChange, ChannelMove, PromotePolicy, TemplateChannels } from '#core/channel/schema.ts'
import { isUsable } from '#core/channel/schema.ts'
import type { VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { Clock } from '../ports/queue.ts'

export interface PublishNeeds {
  channels: ChannelStore
  clock: Clock
}

interface Published {
  template: string
  version: string
  /** the API token's name, or what made the version */
  actor: string
  /** whether `stable` begins with this version when there is none; what a build makes waits for somebody to promote it */
  mayBeFirstStable: boolean
}

/**
 * A build's last word: its version becomes the candidate, and the recipe's policy stays with the template; a recipe without
 * one takes an earlier one away. May be called again after a crash.
 * @throws TemplateNotFound
 */
export async function publishCandidate(
  {
    policy,
    hooks,
    ...published
  }: Omit<Published, 'mayBeFirstStable'> & {
    policy: PromotePolicy | undefined
    /** addresses that are told when the candidate fails on a host */
    hooks?: readonly string[]
  },
  needs: PublishNeeds,
): Promise<ChannelMove[]> {
  await needs.channels.setPolicy(published.template, policy, hooks)
  return moveChannels({ ...published, mayBeFirstStable: false }, needs)
}

/** The same for a version that somebody pushed or packaged: no policy comes with it. No effect unless it is ready. */
export async function publishVersion({ manifest }: VersionRecord, needs: PublishNeeds): Promise<void> {
  const { template, version, createdBy: actor } = manifest
  await moveChannels({ template, version, actor, mayBeFirstStable: true }, needs)
}

async function moveChannels(published: Published, needs: PublishNeeds): Promise<ChannelMove[]> {
  return needs.channels.change(published.template, needs.clock.now(), (there) => decide(published, there))
}

/**
 * `candidate` points at the newest version, unless that failed on a host before; `stable` at the first that was pushed or
 * packaged until somebody promotes another. One transaction decides both, so of two first versions at once only one becomes stable.
 */
function decide(
  { version: name, actor, mayBeFirstStable }: Published,
  { versions, channels }: TemplateChannels,
): ChannelChange {
  const find = (wanted: string | undefined) => versions.find(({ version }) => version === wanted)
  const version = find(name)
  if (!isUsable(version)) return {}
  const candidate = find(channels['candidate'])
  const isNewest = !candidate || candidate.createdAt <= version.createdAt
  const moves: NonNullable<ChannelChange['moves']>[number][] = []
  if (isNewest && candidate?.version !== name && version.heldBack === undefined)
    moves.push({ channel: 'candidate', to: name, kind: 'publish', actor })
  if (mayBeFirstStable && channels['stable'] === undefined)
    moves.push({ channel: 'stable', to: name, kind: 'first', actor, why: 'the first version' })
  return { moves }
}
