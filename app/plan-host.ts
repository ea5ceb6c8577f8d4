// What will happen on a host: the plan it was armed with, or the one it would be armed with now.
import { isDeepStrictEqual } from 'node:util'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { isOpen } from '#core/install-state.ts'
import { TemplateRef } from '#core/names.ts'
import { makePlan, type PlannedVersion } from '#core/plan.ts'
import { Plan } from '#core/plan/schema.ts'
import type { Profile } from '#core/profile.ts'
import { resolveReference } from './channels/resolve-reference.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { HostRegistry, ProfileStore } from './ports/hosts.ts'
import { latestRevision } from './jumpstart/revisions.ts'
import type { JumpStartStore } from './ports/jumpstart.ts'
import type { InstallLog } from './ports/installs.ts'
import type { Clock } from './ports/queue.ts'
import { templatesOnHost } from './templates-on-host.ts'

interface Needs {
  hosts: HostRegistry
  profiles: ProfileStore
  catalog: TemplateCatalog
  channels: ChannelStore
  jumpstart: JumpStartStore
  installs: InstallLog
  clock: Clock
}

/**
 * Resolves the templates of the host's profile to exact versions and plans with them.
 * @throws HostNotFound, HostHasNoProfile, ProfileNotFound, VersionNotFound, WrongState, VersionRevoked, and what makePlan refuses
 */
export async function planHost(name: string, baseUrl: string, needs: Needs): Promise<Plan> {
  const host = await needs.hosts.get(name)
  const profile = await needs.profiles.get(profileOf(host))
  const versions = await resolveVersions(profile, name, needs)
  const there = await templatesOnHost(name, needs)
  const directory = profile.jumpstart && (await latestRevision(needs.jumpstart))
  return makePlan({ host, profile, versions, there, baseUrl, now: needs.clock.now(), directory })
}

/** The open install's window, and whether arming again now would give another plan. */
export interface ArmedWith {
  armedUntil: string
  planChanged: boolean
  /** why it could not be armed again: a version was revoked, say */
  refusal?: string
}

/** The plan of the host's open install, with its window; a new one when it is not armed. */
export async function currentPlan(
  name: string,
  baseUrl: string,
  needs: Needs,
): Promise<{ plan: Plan; armed?: ArmedWith }> {
  await needs.hosts.get(name)
  const open = (await needs.installs.list(name)).find(({ state }) => isOpen(state))
  if (!open) return { plan: await planHost(name, baseUrl, needs) }
  const plan = Plan.parse(open.plan)
  const armedUntil = open.expiresAt
  const anew = await planHost(name, baseUrl, needs).catch((error: unknown) => {
    if (error instanceof ProvisionError && error.kind !== 'unavailable') return error
    throw error
  })
  if (anew instanceof ProvisionError)
    return { plan, armed: { armedUntil, planChanged: true, refusal: anew.message } }
  // As a plan is kept: without what is undefined.
  const kept = Plan.parse(JSON.parse(JSON.stringify(anew)))
  const planChanged = !isDeepStrictEqual(decided(kept), decided(plan))
  return { plan, armed: { armedUntil, planChanged } }
}

/** What was decided, without what changes as the host takes its templates. */
function decided(plan: Plan): Partial<Plan> {
  const { createdAt: _createdAt, bytes: _bytes, steps: _steps, ...rest } = plan
  return {
    ...rest,
    templates: plan.templates.map((template) => ({ ...template, choices: [] })),
    zones: plan.zones.map((zone) => ({ ...zone, ways: [] })),
  }
}

function profileOf({ name, profile }: Host): string {
  if (profile !== undefined) return profile
  throw new ProvisionError(
    'conflict',
    'HostHasNoProfile',
    `host ${name} has no profile, expected one to plan with`,
  )
}

async function resolveVersions(
  profile: Profile,
  host: string,
  needs: Pick<Needs, 'catalog' | 'channels'>,
): Promise<Map<string, PlannedVersion>> {
  const versions = new Map<string, PlannedVersion>()
  const wanted = [...(profile.system ? [profile.system] : []), ...profile.zones]
  for (const { template: text } of wanted) {
    if (versions.has(text)) continue
    const { record, canary } = await resolveReference(TemplateRef.parse(text), host, needs)
    const { manifest } = record
    const from = manifest.origin
    const origin = from && (await needs.catalog.findVersion(from.template, from.version))
    versions.set(text, { manifest, origin: origin?.manifest, canary })
  }
  return versions
}
