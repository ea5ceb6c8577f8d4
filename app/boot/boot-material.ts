// What a network needs to know of a host before it can boot from it, with the token of its window where addresses need one.
import { mediumName, renderKayakMaterial } from '#core/boot/kayak.ts'
import { bootNotes } from '#core/boot/notes.ts'
import type { BootKind, BootOptions } from '#core/boot/options.ts'
import { renderBootMaterial, type BootMaterial } from '#core/boot/render.ts'
import { bootSite } from '#core/boot/site.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import { NO_TOKEN } from '#core/install-token.ts'
import { TemplateRef } from '#core/names.ts'
import { armHost, type ArmNeeds } from '../arm-host.ts'
import { plannedSystemOf } from '../planned-versions.ts'
import type { Install } from '../ports/installs.ts'
import { requestKayakMedium, type RequestedMedium } from './kayak-medium.ts'

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

/** @throws HostNotFound, WrongInstallToken, HostHasNoKayak, what armHost throws, and what core/boot/render.ts refuses */
export async function bootMaterial(request: BootRequest, needs: ArmNeeds): Promise<BootReply> {
  const host = await needs.hosts.get(request.host)
  const { kind, options, plainUrl: server } = request
  if (kind === 'kayak') return kayakMaterial(request, host, needs)
  const render = (token: string) => renderBootMaterial(kind, bootSite({ host, options, server, token }))
  const draft = render(NO_TOKEN) // refuses what cannot be, before a window is opened
  const window = await windowOf(request, needs)
  return replyOf(request, host, window ? render(window.token) : draft, window)
}

/** Its medium is asked for beforehand: the host gets no configuration until it is there. */
async function kayakMaterial(request: BootRequest, host: Host, needs: ArmNeeds): Promise<BootReply> {
  const { options, baseUrl: server, actor } = request
  const { compression } = options
  const system = await kayakSystemOf(host, needs)
  const ofProfile = mediumName(system, compression)
  const render = (token: string, ofHost: string) =>
    renderKayakMaterial(bootSite({ host, options, server, token }), { ofHost, ofProfile })
  const draft = render(NO_TOKEN, ofProfile) // as above
  const window = await windowOf(request, needs)
  const planned = plannedSystemOf(window?.install.plan)
  const wanted = planned
    ? { template: planned.template, selector: planned.version }
    : TemplateRef.parse(system)
  const medium = window?.medium ?? (await requestKayakMedium(wanted, compression, actor, needs))
  const reply = replyOf(request, host, window ? render(window.token, medium.name) : draft, window)
  const { openTo } = await needs.catalog.getTemplate(wanted.template)
  const isOpen = openTo.includes('kayak')
  const closed = `template ${wanted.template} is not open to kayak: ${host.name} is not known by its address alone`
  return { ...reply, notes: [...reply.notes, medium.note, ...(isOpen ? [] : [closed])] }
}

/** `omni@stable` of the host's profile. @throws HostHasNoKayak */
async function kayakSystemOf(host: Host, { profiles }: ArmNeeds): Promise<string> {
  const profile = host.profile === undefined ? undefined : await profiles.get(host.profile)
  if (profile?.kayak && profile.system) return profile.system.template
  throw new ProvisionError(
    'conflict',
    'HostHasNoKayak',
    `host ${host.name} has ${profile ? `profile ${profile.name}, which says` : 'no profile that says'} nothing of kayak, expected kayak and system in it`,
  )
}

interface Window {
  token: string
  install: Install
  /** of a host that kayak installs, when it has just been armed */
  medium?: RequestedMedium | undefined
}

/** The one that is open, or one that is opened now. Undefined where the request has neither. */
async function windowOf(
  { host, token, ttlMs, baseUrl, options: { compression }, actor }: BootRequest,
  needs: ArmNeeds,
): Promise<Window | undefined> {
  if (token !== undefined) {
    const install = await needs.installs.authenticate(host, token)
    if (install) return { token, install }
    throw new ProvisionError(
      'conflict',
      'WrongInstallToken',
      `the token opens no window of host ${host}, expected the one that arming it gave`,
    )
  }
  if (ttlMs === undefined) return undefined
  const armed = await armHost({ host, ttlMs, baseUrl, compression, actor }, needs)
  return { token: armed.token, install: await needs.installs.get(armed.install), medium: armed.medium }
}

function replyOf(
  request: BootRequest,
  host: Host,
  material: BootMaterial,
  window: Window | undefined,
): BootReply {
  const lacksToken = window === undefined && material.files.some(({ text }) => text.includes(NO_TOKEN))
  const forToken = `${NO_TOKEN} stands for the token of a window: give it, or open a window for it`
  return {
    kind: request.kind,
    ...material,
    notes: [...(lacksToken ? [forToken] : []), ...bootNotes({ ...request, host })],
    ...(window && { armedUntil: window.install.expiresAt }),
  }
}
