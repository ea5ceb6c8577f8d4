// Hosts that installers are known by without a token: by their MAC address, where the administrator lets them.
import type { Client } from '#core/client.ts'
import type { Host } from '#core/host.ts'
import { isOpen } from '#core/install-state.ts'
import { macDigits } from '#core/mac.ts'
import { plannedVersions } from '../planned-versions.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import type { Install, InstallLog } from '../ports/installs.ts'

interface Needs {
  hosts: HostRegistry
  installs: InstallLog
  catalog: TemplateCatalog
}

export interface KnownHost {
  host: Host
  install: Install
}

/** The host with this address, 12 digits in upper case, whether armed or not. */
export async function findHostByMac(mac: string, { hosts }: Pick<Needs, 'hosts'>): Promise<Host | undefined> {
  return (await hosts.list()).find(({ macs }) => macs.some((one) => macDigits(one) === mac))
}

/** The host and its open install, if every template that is planned for it is open to `client`. */
export async function knownByMac(mac: string, client: Client, needs: Needs): Promise<KnownHost | undefined> {
  const host = await findHostByMac(mac, needs)
  return host && armedAndOpen(host, client, needs)
}

/** Undefined unless it is armed and all that it was armed with is open to `client`. */
export async function armedAndOpen(host: Host, client: Client, needs: Needs): Promise<KnownHost | undefined> {
  const install = (await needs.installs.list(host.name)).find(({ state }) => isOpen(state))
  if (!install) return undefined
  const templates = new Set(plannedVersions(install.plan).map(({ template }) => template))
  for (const template of templates) {
    const { openTo } = await needs.catalog.getTemplate(template)
    if (!openTo.includes(client)) return undefined
  }
  return templates.size > 0 ? { host, install } : undefined
}
