// What a network needs to know of a host before it can boot from it, with the token of its window where addresses need one.
import { z } from 'zod'
import { mediumName } from '#core/boot/kayak.ts'
import type { BootKind, BootOptions } from '#core/boot/options.ts'
import { renderBootMaterial, type BootMaterial } from '#core/boot/render.ts'
import { bootSite } from '#core/boot/site.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { NO_TOKEN } from '#core/install-token.ts'
import { TemplateName, TemplateRef, VersionName } from '#core/names.ts'
import { armHost, type ArmNeeds } from '../arm-host.ts'
import { requestConversion } from '../convert/request-conversion.ts'
import type { Install } from '../ports/installs.ts'

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

/** @throws HostNotFound, WrongInstallToken, what armHost throws, and what core/boot/render.ts refuses */
export async function bootMaterial(request: BootRequest, needs: ArmNeeds): Promise<BootReply> {
  const { kind, options } = request
  const host = await needs.hosts.get(request.host)
  const ofAll = kind === 'kayak' ? await kayakMedium(host, needs) : undefined
  const server = kind === 'kayak' ? request.baseUrl : request.plainUrl
  const render = (token: string, own = ofAll) => {
    const names = {
      own: mediumName(own ?? '', options.compression),
      all: mediumName(ofAll ?? '', options.compression),
    }
    return renderBootMaterial(kind, bootSite({ host, options, server, token }), names)
  }
  const draft = render(NO_TOKEN) // refuses what cannot be, before a window is opened
  const { token, install } = await windowOf(request, needs)
  const own = ofAll && (plannedMedium(install) ?? ofAll)
  const material = token === undefined ? draft : render(token, own)
  const notes = [
    ...(token === undefined && material.files.some((file) => file.text.includes(NO_TOKEN))
      ? [`${NO_TOKEN} stands for the token of a window: give it, or open a window for it`]
      : []),
    ...(own === undefined ? [] : await kayakNotes(host, own, options, request.actor, needs)),
  ]
  return { kind, ...material, notes, ...(install && { armedUntil: install.expiresAt }) }
}

async function windowOf(
  { host, token, ttlMs, baseUrl, options: { compression }, actor }: BootRequest,
  needs: ArmNeeds,
): Promise<{ token?: string; install?: Install }> {
  if (token !== undefined) {
    const install = await needs.installs.authenticate(host, token)
    if (install) return { token, install }
    throw new ProvisionError(
      'conflict',
      'WrongInstallToken',
      `the token opens no window of host ${host}, expected the one that arming it gave`,
    )
  }
  if (ttlMs === undefined) return {}
  const armed = await armHost({ host, ttlMs, baseUrl, compression, actor }, needs)
  return { token: armed.token, install: await needs.installs.get(armed.install) }
}

const WithSystem = z.object({ system: z.object({ template: TemplateName, version: VersionName }) })

/** The very version that the host was armed with. */
function plannedMedium(install: Install | undefined): string | undefined {
  const { system } = WithSystem.safeParse(install?.plan).data ?? {}
  return system && `${system.template}@${system.version}`
}

/** `omni@stable` of the host's profile. @throws HostHasNoKayak */
async function kayakMedium(host: Host, { profiles }: ArmNeeds): Promise<string> {
  const profile = host.profile === undefined ? undefined : await profiles.get(host.profile)
  if (profile?.kayak && profile.system) return profile.system.template
  throw new ProvisionError(
    'conflict',
    'HostHasNoKayak',
    `host ${host.name} has ${profile ? `profile ${profile.name}, which says` : 'no profile that says'} nothing of kayak, expected kayak and system in it`,
  )
}

/** Asks for the medium beforehand: the host gets no configuration until it is there. */
async function kayakNotes(
  host: Host,
  medium: string,
  { compression }: BootOptions,
  actor: string,
  needs: ArmNeeds,
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
