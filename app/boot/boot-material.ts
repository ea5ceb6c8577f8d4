// What a network needs to know of a host before it can boot from it, with the token of its window where addresses need one.
import { mediumName } from '#core/boot/kayak.ts'
import type { BootKind, BootOptions } from '#core/boot/options.ts'
import { renderBootMaterial, type BootMaterial } from '#core/boot/render.ts'
import { bootSite } from '#core/boot/site.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { TemplateRef } from '#core/names.ts'
import { armHost, type ArmNeeds } from '../arm-host.ts'
import { requestConversion } from '../convert/request-conversion.ts'
import type { JobQueue } from '../ports/queue.ts'

export interface BootRequest {
  host: string
  kind: BootKind
  options: BootOptions
  /** of the open window; or `ttlMs`: opens one for so long */
  token?: string | undefined
  ttlMs?: number | undefined
  /** how hosts reach this server, and how those do that speak no TLS */
  baseUrl: string
  plainUrl: string
  actor: string
}

export interface BootReply extends BootMaterial {
  kind: BootKind
  /** what an administrator should know, one line each */
  notes: string[]
  armedUntil?: string
}

type Needs = ArmNeeds & { queue: JobQueue }

/** Stands where the token of an armed host goes. */
const NO_TOKEN = 'zi_of-the-armed-host'

/** @throws HostNotFound, WrongInstallToken, what armHost throws, and what core/boot/render.ts refuses */
export async function bootMaterial(request: BootRequest, needs: Needs): Promise<BootReply> {
  const { kind, options } = request
  const host = await needs.hosts.get(request.host)
  const medium = kind === 'kayak' ? await kayakMedium(host, needs) : undefined
  const server = kind === 'kayak' ? request.baseUrl : request.plainUrl
  const text = medium === undefined ? '' : mediumName(medium, options.compression)
  const render = (token: string) => renderBootMaterial(kind, bootSite({ host, options, server, token }), text)
  const draft = render(NO_TOKEN) // refuses what cannot be, before a window is opened
  const { token, armedUntil } = await tokenOf(request, needs)
  const material = token === undefined ? draft : render(token)
  const notes = [
    ...(token === undefined && material.files.some((file) => file.text.includes(NO_TOKEN))
      ? [`${NO_TOKEN} stands for the token of a window: give it, or open a window for it`]
      : []),
    ...(medium === undefined ? [] : await kayakNotes(host, medium, options, request.actor, needs)),
  ]
  return { kind, ...material, notes, ...(armedUntil !== undefined && { armedUntil }) }
}

async function tokenOf(
  { host, token, ttlMs, baseUrl, actor }: BootRequest,
  needs: Needs,
): Promise<{ token?: string; armedUntil?: string }> {
  if (token !== undefined) {
    const install = await needs.installs.authenticate(host, token)
    if (install) return { token, armedUntil: install.expiresAt }
    throw new ProvisionError(
      'conflict',
      'WrongInstallToken',
      `the token opens no window of host ${host}, expected the one that arming it gave`,
    )
  }
  if (ttlMs === undefined) return {}
  const armed = await armHost({ host, ttlMs, baseUrl, actor }, needs)
  return { token: armed.token, armedUntil: armed.expiresAt }
}

/** `omni@stable` of the host's profile. @throws HostHasNoKayak */
async function kayakMedium(host: Host, { profiles }: Needs): Promise<string> {
  const profile = host.profile === undefined ? undefined : await profiles.get(host.profile)
  if (profile?.kayak && profile.system) return profile.system.template
  throw new ProvisionError(
    'conflict',
    'HostHasNoKayak',
    `host ${host.name} has ${profile ? `profile ${profile.name}, which says` : 'no profile that says'} nothing of kayak, expected kayak and system in it`,
  )
}

/** Asks for the medium beforehand: the client does not wait for it. */
async function kayakNotes(
  host: Host,
  medium: string,
  { compression }: BootOptions,
  actor: string,
  needs: Needs,
): Promise<string[]> {
  const { template, selector } = TemplateRef.parse(medium)
  const to = `kayak.${compression}` as const
  const { job, version } = await requestConversion({ template, version: selector, to, actor }, needs)
  const { openTo } = await needs.catalog.getTemplate(template)
  return [
    ...(job === undefined ? [] : [`${to} of ${template}@${version} is being made, job ${job}: wait for it`]),
    ...(openTo.includes('kayak')
      ? []
      : [`template ${template} is not open to kayak: ${host.name} is not known by its address alone`]),
  ]
}
