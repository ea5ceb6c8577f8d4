// Which host a kayak client is, by what it asks for.
import { macPrefixOf, type Host } from '#core/host.ts'
import { isWholeMac, macDigits } from '#core/mac.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'
import type { HostRegistry } from '../ports/hosts.ts'
import type { Install, InstallLog } from '../ports/installs.ts'
import { armedAndOpen, findHostByMac, knownByMac, type KnownHost } from './known-by-mac.ts'

interface Needs {
  hosts: HostRegistry
  installs: InstallLog
  catalog: TemplateCatalog
}

export interface KayakClient extends KnownHost {
  /** the record stands for several machines */
  isGroup: boolean
}

/**
 * By a whole address the host that has it; by the beginning of one the record of a group with just that prefix. A machine with a
 * record of its own never gets a group's: it is not armed, and must not lose its disks. `asker` is the whole address that the
 * same client asked by before, if it is known; without it any record whose address begins so stands in the way.
 */
export async function findKayakClient(
  digits: string,
  asker: string | undefined,
  needs: Needs,
): Promise<KayakClient | undefined> {
  if (isWholeMac(digits)) {
    const known = await knownByMac(digits, 'kayak', needs)
    return known && { ...known, isGroup: false }
  }
  const hosts = await needs.hosts.list()
  // older records may have a prefix in common: nobody knows which is meant
  const [group, ...others] = hosts.filter((host) => macPrefixOf(host) === digits)
  if (!group || others.length > 0) return undefined
  const known = asker?.startsWith(digits) ? asker : digits
  if (hosts.some((host) => hasMacLike(host, known))) return undefined
  const armed = await armedAndOpen(group, 'kayak', needs)
  return armed && { ...armed, isGroup: true }
}

/**
 * By the token of an install: its host, or a machine of the group that it stands for. The loader's line may have come to a machine
 * with a record of its own, which gets nothing of others. A record without addresses stands for any machine that has none.
 */
export async function kayakClientOf(
  install: Install,
  digits: string,
  { hosts }: Pick<Needs, 'hosts'>,
): Promise<KayakClient | undefined> {
  if (!isWholeMac(digits)) return undefined
  const host = await hosts.get(install.host)
  const known = await findHostByMac(digits, { hosts })
  if (known) return known.name === host.name ? { host, install, isGroup: false } : undefined
  if (host.facts['macPrefix'] === undefined)
    return host.macs.length === 0 ? { host, install, isGroup: false } : undefined
  const beginning = macPrefixOf(host)
  return beginning !== undefined && digits.startsWith(beginning)
    ? { host, install, isGroup: true }
    : undefined
}

function hasMacLike({ macs }: Host, beginning: string): boolean {
  return macs.some((mac) => macDigits(mac)?.startsWith(beginning))
}
