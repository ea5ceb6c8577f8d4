// Hosts, added, changed and removed.
import { isDeepStrictEqual } from 'node:util'
import { ProvisionError } from '#core/errors.ts'
import { macPrefixOf, type Host } from '#core/host.ts'
import { macProblem } from '#core/mac.ts'
import { mayAct } from '#core/role.ts'
import type { ApiToken, AuditLog } from './ports/access.ts'
import type { BuildStore } from './ports/builds.ts'
import type { HostRegistry, ProfileStore } from './ports/hosts.ts'

interface Needs {
  hosts: HostRegistry
  profiles: ProfileStore
  audit: AuditLog
}

/** @throws HostExists, ProfileNotFound, TransportRefused, BuildsRefused, MacUnusable, MacTaken */
export async function addHost(
  { host, token }: { host: Host; token: ApiToken },
  { hosts, profiles, audit }: Needs,
): Promise<Host> {
  refuseTransport(undefined, host, token)
  refuseBuilds(undefined, host, token)
  if (host.profile !== undefined) await profiles.get(host.profile)
  await refuseMacs([], host, hosts)
  await refuseMacPrefix(undefined, host, hosts)
  await hosts.add(host)
  await audit.write({ actor: token.name, action: 'host.add', subject: host.name })
  return hosts.get(host.name)
}

/** @throws HostNotFound, ProfileNotFound when it would get another one, TransportRefused, BuildsRefused, MacUnusable, MacTaken */
export async function setHost(
  { host, token }: { host: Host; token: ApiToken },
  { hosts, profiles, audit }: Needs,
): Promise<Host> {
  const before = await hosts.get(host.name)
  refuseTransport(before.transport, host, token)
  refuseBuilds(before.builds, host, token)
  if (host.profile !== undefined && host.profile !== before.profile) await profiles.get(host.profile)
  await refuseMacs(before.macs, host, hosts)
  await refuseMacPrefix(macPrefixOf(before), host, hosts)
  await hosts.set(host)
  await audit.write({ actor: token.name, action: 'host.set', subject: host.name })
  return hosts.get(host.name)
}

/** @throws HostNotFound, HostBuilds while builds there are not over: nobody could stop what they began */
export async function removeHost(
  { name, actor }: { name: string; actor: string },
  { hosts, audit, builds }: Omit<Needs, 'profiles'> & { builds: BuildStore },
): Promise<void> {
  const open = await builds.list({ host: name, states: ['waiting', 'running'] })
  if (open.length > 0) {
    const which = open.map(({ id, template }) => `${id} of ${template}`).join(', ')
    throw new ProvisionError(
      'conflict',
      'HostBuilds',
      `on host ${name} are builds that are not over: ${which}; expected none`,
    )
  }
  await hosts.remove(name)
  await audit.write({ actor, action: 'host.remove', subject: name })
}

/** A transport makes the worker run commands somewhere, on its own machine for `local`: an admin's decision. */
function refuseTransport(before: Host['transport'], { name, transport }: Host, token: ApiToken): void {
  if (transport === before || mayAct(token.role, 'admin')) return
  throw new ProvisionError(
    'forbidden',
    'TransportRefused',
    `transport of host ${name} would become ${transport ?? 'absent'}, expected a token with role admin, ${token.name} has ${token.role}`,
  )
}

/** Builds run the recipes' scripts on the host as root: an admin's decision too. */
function refuseBuilds(before: Host['builds'], { name, builds }: Host, token: ApiToken): void {
  if (isDeepStrictEqual(before, builds) || mayAct(token.role, 'admin')) return
  throw new ProvisionError(
    'forbidden',
    'BuildsRefused',
    `builds of host ${name} would change, expected a token with role admin, ${token.name} has ${token.role}`,
  )
}

/** An address leads from a machine on the network to one record. What the host has already stays, whatever it is. */
async function refuseMacs(before: Host['macs'], { name, macs }: Host, hosts: HostRegistry): Promise<void> {
  const added = macs.filter((mac) => !before.includes(mac))
  for (const mac of added) {
    const problem = macProblem(mac)
    if (problem !== undefined)
      throw new ProvisionError('invalid', 'MacUnusable', `MAC address of host ${name}: ${problem}`)
  }
  const others = added.length > 0 ? (await hosts.list()).filter((other) => other.name !== name) : []
  for (const other of others) {
    const mac = added.find((one) => other.macs.includes(one))
    if (mac === undefined) continue
    throw new ProvisionError(
      'conflict',
      'MacTaken',
      `MAC address ${mac} is that of host ${other.name}, expected one of host ${name} alone`,
      { details: { mac, host: other.name } },
    )
  }
}

/** So does the beginning of addresses, for machines that have no record of their own. */
async function refuseMacPrefix(before: string | undefined, host: Host, hosts: HostRegistry): Promise<void> {
  const prefix = macPrefixOf(host)
  if (prefix === undefined || prefix === before) return
  const other = (await hosts.list()).find((one) => one.name !== host.name && macPrefixOf(one) === prefix)
  if (!other) return
  throw new ProvisionError(
    'conflict',
    'MacTaken',
    `MAC addresses that begin with ${prefix} are those of host ${other.name}, expected a macPrefix of host ${host.name} alone`,
    { details: { macPrefix: prefix, host: other.name } },
  )
}
