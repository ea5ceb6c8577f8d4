// What kayak is told of the host that it installs: which host that is, and that its system is there to be fetched.
import { z } from 'zod'
import { nothingHere, ProvisionError } from '#core/errors.ts'
import { NOTICE } from '#core/install-state.ts'
import { renderKayakConfig } from '#core/kayak/config.ts'
import { ProfileName, TemplateRef } from '#core/names.ts'
import { PlannedKayak } from '#core/plan/schema.ts'
import { refuseRevokedInstall } from '../channels/install-block.ts'
import { plannedSystemOf } from '../planned-versions.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { HostRegistry, ProfileStore } from '../ports/hosts.ts'
import type { Install, InstallLog } from '../ports/installs.ts'
import type { Clock, JobQueue } from '../ports/queue.ts'
import { findKayakClient, kayakClientOf } from './kayak-host.ts'
import { assertMediumIsThere } from './kayak-medium.ts'

interface Needs {
  hosts: HostRegistry
  profiles: ProfileStore
  installs: InstallLog
  catalog: TemplateCatalog
  channels: ChannelStore
  queue: JobQueue
  clock: Clock
  /** where hosts reach this server */
  baseUrl: string
  /** the token of an install for a host that is known by its address */
  furtherToken: (install: string) => Promise<string>
}

export interface KayakAsked {
  /** of a MAC address or of its beginning */
  digits: string
  /** whom the token in the path is of; absent: there was none */
  armed?: { install: Install; token: string } | undefined
  /** the whole address that the same client asked by before */
  asker?: string | undefined
}

/** What of a plan the configuration is made of, beside its system. */
const PlannedHost = z.object({
  profile: ProfileName,
  kayak: PlannedKayak.optional(),
  zones: z.array(z.unknown()),
  system: z.object({ capturedZones: z.array(z.unknown()).default([]) }).optional(),
})

/**
 * The text of the configuration; that it was fetched stands in the timeline.
 * @throws NotFound for who is not armed or not known, MediumNotReady, which stands in the timeline too
 */
export async function kayakConfig({ digits, armed, asker }: KayakAsked, needs: Needs): Promise<string> {
  const client = armed
    ? await kayakClientOf(armed.install, digits, needs)
    : await findKayakClient(digits, asker, needs)
  if (!client || (await refuseRevokedInstall(client.install, needs))) throw nothingHere()
  const { host, install, isGroup } = client
  const plan = PlannedHost.parse(install.plan)
  if (!plan.kayak) throw nothingHere()
  await needMedia(install, plan.profile, armed !== undefined, needs)
  // machines of a group fetch and report nothing
  const token = armed?.token ?? (isGroup ? '' : await needs.furtherToken(install.id))
  const text = renderKayakConfig({
    host: host.name,
    planned: plan.kayak,
    documents: `${needs.baseUrl}/js/${host.name}/${token}`,
    hasZones: plan.zones.length > 0 || (plan.system?.capturedZones.length ?? 0) > 0,
    isGroup,
  })
  await remark(install, 'kayak', `kayak fetched its configuration as ${digits}`, needs)
  return text
}

/** What the host was armed with; for one without a token also what its profile names now, as the loader's line for all hosts does. */
async function needMedia(install: Install, profile: string, hasToken: boolean, needs: Needs): Promise<void> {
  const planned = plannedSystemOf(install.plan)
  if (!planned) return
  await needMedium(install, { template: planned.template, selector: planned.version }, needs)
  if (hasToken) return
  const { system } = await needs.profiles.get(profile)
  if (system) await needMedium(install, TemplateRef.parse(system.template), needs)
}

/** @throws MediumNotReady, which stands in the timeline then */
async function needMedium(install: Install, reference: TemplateRef, needs: Needs): Promise<void> {
  try {
    await assertMediumIsThere(reference, needs)
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'MediumNotReady')
      await remark(install, 'kayak-medium', `kayak gets no configuration yet: ${error.message}`, needs)
    throw error
  }
}

/** One line a minute at most. */
async function remark(
  { id }: Install,
  what: string,
  message: string,
  { installs, clock }: Pick<Needs, 'installs' | 'clock'>,
): Promise<void> {
  const minute = Math.floor(clock.now().getTime() / 60_000)
  await installs.record(id, { id: `${what}-${minute}`, step: NOTICE, state: 'done', message })
}
