// Opens the window in which a host's documents exist.
import { mediumName, renderKayakLoader } from '#core/boot/kayak.ts'
import { ProvisionError } from '#core/errors.ts'
import { bootWordsFor, type BootWords } from '#core/jumpstart/documents/boot-words.ts'
import type { Plan } from '#core/plan/schema.ts'
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { HostRegistry, ProfileStore } from './ports/hosts.ts'
import type { JumpStartStore } from './ports/jumpstart.ts'
import type { InstallLog } from './ports/installs.ts'
import type { Clock } from './ports/queue.ts'
import { planHost } from './plan-host.ts'

export interface ArmNeeds {
  hosts: HostRegistry
  profiles: ProfileStore
  catalog: TemplateCatalog
  channels: ChannelStore
  jumpstart: JumpStartStore
  installs: InstallLog
  audit: AuditLog
  clock: Clock
}

interface ArmRequest {
  host: string
  ttlMs: number
  baseUrl: string
  /** how installers of old systems reach the server, where that differs */
  installerUrl?: string
  actor: string
}

export interface ArmedHost {
  /** the install token; kept nowhere */
  token: string
  /** the address of the host's documents, with a slash at its end */
  url: string
  expiresAt: string
  /** the install's id */
  install: string
  /** of a host that JumpStart or kayak installs */
  boot?: BootWords
}

/** A window that nobody remembers is a hole: milliseconds. */
const LONGEST_WINDOW = 30 * 86_400_000

/** Plans, and keeps the plan: what changes later is for the next arming. @throws WindowTooLong and what planHost throws */
export async function armHost(
  { host, ttlMs, baseUrl, installerUrl = baseUrl, actor }: ArmRequest,
  needs: ArmNeeds,
): Promise<ArmedHost> {
  if (ttlMs > LONGEST_WINDOW) {
    throw new ProvisionError(
      'invalid',
      'WindowTooLong',
      `the window is ${ttlMs / 86_400_000} days, expected at most 30`,
    )
  }
  const plan = await planHost(host, baseUrl, needs)
  const { install, secret } = await needs.installs.arm(host, plan, ttlMs)
  await needs.audit.write({
    actor,
    action: 'host.arm',
    subject: host,
    details: { install: install.id, expiresAt: install.expiresAt },
  })
  const url = `${baseUrl}/js/${host}/${secret}/`
  const boot = await bootWords(plan, `${installerUrl}/js/${host}/${secret}`, url, needs)
  return {
    token: secret,
    url,
    expiresAt: install.expiresAt,
    install: install.id,
    ...(boot && { boot }),
  }
}

/** `forInstallers` and `url` are the addresses of the documents, for installers of old systems and for all others. */
async function bootWords(
  plan: Plan,
  forInstallers: string,
  url: string,
  { hosts, profiles }: ArmNeeds,
): Promise<BootWords | undefined> {
  if (plan.jumpstart) return bootWordsFor((await hosts.get(plan.host)).arch, `${forInstallers}/`)
  const { kayak } = await profiles.get(plan.profile)
  if (!kayak || !plan.system) return undefined
  const medium = mediumName(`${plan.system.template}@${plan.system.version}`, 'xz')
  return {
    words: renderKayakLoader({ documents: url.replace(/\/$/, '') }, medium).trimEnd(),
    note: `\`host boot ${plan.host} --kind kayak --token …\` has the medium made before the host asks for it`,
  }
}
