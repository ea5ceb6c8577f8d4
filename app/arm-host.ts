// Opens the window in which a host's documents exist.
import type { BootWords } from '#core/boot/boot-words.ts'
import { renderKayakLoader, type MediumCompression } from '#core/boot/kayak.ts'
import { ProvisionError } from '#core/errors.ts'
import { bootWordsFor } from '#core/jumpstart/documents/boot-words.ts'
import type { Plan } from '#core/plan/schema.ts'
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { HostRegistry, ProfileStore } from './ports/hosts.ts'
import type { JumpStartStore } from './ports/jumpstart.ts'
import type { InstallLog } from './ports/installs.ts'
import type { Clock, JobQueue } from './ports/queue.ts'
import { requestKayakMedium, type RequestedMedium } from './boot/kayak-medium.ts'
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
  queue: JobQueue
}

interface ArmRequest {
  host: string
  ttlMs: number
  baseUrl: string
  /** how installers of old systems reach the server, where that differs */
  installerUrl?: string
  /** of the medium that kayak gets */
  compression?: MediumCompression
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
  /** of a host that kayak installs: asked for */
  medium?: RequestedMedium
}

/** Milliseconds; longer windows get forgotten, and stay open. */
const LONGEST_WINDOW = 30 * 86_400_000

/**
 * Plans, and keeps the plan: what changes later is for the next arming. A medium that kayak will want is made from now on.
 * @throws WindowTooLong and what planHost and requestKayakMedium throw
 */
export async function armHost(
  { host, ttlMs, baseUrl, installerUrl = baseUrl, compression = 'xz', actor }: ArmRequest,
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
  const medium = await kayakMedium(plan, compression, actor, needs)
  const { install, secret } = await needs.installs.arm(host, plan, ttlMs)
  await needs.audit.write({
    actor,
    action: 'host.arm',
    subject: host,
    details: { install: install.id, expiresAt: install.expiresAt },
  })
  const url = `${baseUrl}/js/${host}/${secret}/`
  const documents = `${installerUrl}/js/${host}/${secret}/`
  const boot = plan.jumpstart
    ? bootWordsFor((await needs.hosts.get(host)).arch, documents)
    : medium && {
        words: renderKayakLoader({ documents: url.slice(0, -1) }, medium.name).trimEnd(),
        note: medium.note,
      }
  return {
    token: secret,
    url,
    expiresAt: install.expiresAt,
    install: install.id,
    ...(boot && { boot }),
    ...(medium && { medium }),
  }
}

/** Asks for the medium of a host that kayak installs. */
async function kayakMedium(
  { kayak, system, jumpstart }: Plan,
  compression: MediumCompression,
  actor: string,
  needs: ArmNeeds,
): Promise<RequestedMedium | undefined> {
  if (!kayak || !system || jumpstart) return undefined
  const { template, version } = system
  return requestKayakMedium({ template, selector: version }, compression, actor, needs)
}
