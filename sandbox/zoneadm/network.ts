// Gives a zone its interfaces: a veth for each `physical`, on the bridge that all zones of the host share.
import { existsSync } from 'node:fs'
import type { ZoneConfig } from '#core/zone/config.ts'
import { runCommand, tryCommand } from '../command.ts'
import { highestFreeAddress, isSameSubnet, splitAddress } from './address.ts'
import type { ZonesHost } from './zones-host.ts'

const bridge = 'zones0'

interface ZoneAddress {
  physical: string
  /** absent for an exclusive zone that configures itself */
  address?: string
  prefix: number
  defrouter?: string
}

function addressesOf(config: ZoneConfig): ZoneAddress[] {
  return config.elements
    .filter(({ tag }) => tag === 'network')
    .map(({ attributes }) => {
      const text = attributes['address'] ?? attributes['allowed-address']
      const { defrouter } = attributes
      return {
        physical: attributes['physical'] ?? 'net0',
        ...(text === undefined ? { prefix: 0 } : splitAddress(text)),
        ...(defrouter !== undefined && { defrouter }),
      }
    })
}

/** Plumbs the network namespace of `pid`, in which the zone will run. */
export function plumbNetwork(host: ZonesHost, config: ZoneConfig, id: number, pid: number): void {
  const addresses = addressesOf(config)
  if (addresses.length > 0) ensureBridge()
  const physicals = [...new Set(addresses.map(({ physical }) => physical))]
  for (const [index, physical] of physicals.entries()) {
    const outside = `z${id}.${index}`
    runCommand(['ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', physical, 'netns', String(pid)])
    runCommand(['ip', 'link', 'set', outside, 'master', bridge, 'up'])
    inZone(pid, 'link', 'set', physical, 'up')
  }
  for (const each of addresses) plumbAddress(host, each, pid)
}

function inZone(pid: number, ...args: string[]): void {
  runCommand(['nsenter', '--target', String(pid), '--net', 'ip', ...args])
}

function ensureBridge(): void {
  if (existsSync(`/sys/class/net/${bridge}`)) return
  runCommand(['ip', 'link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0'])
  runCommand(['ip', 'link', 'set', bridge, 'up'])
}

function plumbAddress(
  host: ZonesHost,
  { physical, address, prefix, defrouter }: ZoneAddress,
  pid: number,
): void {
  if (address === undefined) return
  if (address.includes(':')) {
    inZone(pid, 'address', 'add', `${address}/${prefix}`, 'dev', physical, 'nodad')
    return
  }
  inZone(pid, 'address', 'add', `${address}/${prefix}`, 'dev', physical)
  const router = ensureHostAddress(host, address, prefix, defrouter)
  if (router === undefined) {
    // no room for the host in the zone's subnet: each is the other's neighbour by a route of its own
    runCommand(['ip', 'route', 'replace', `${address}/32`, 'dev', bridge])
    inZone(pid, 'route', 'replace', 'default', 'dev', physical)
    tryCommand(['sysctl', '-qw', `net.ipv4.conf.${bridge}.proxy_arp=1`])
    return
  }
  // a second interface leaves the first one's default route alone
  tryCommand([
    'nsenter',
    '--target',
    String(pid),
    '--net',
    'ip',
    'route',
    'add',
    'default',
    'via',
    defrouter ?? router,
    'dev',
    physical,
    'onlink',
  ])
}

/** The host's address on the subnet: the zone's default router if that lies there, else the highest that no zone has. */
function ensureHostAddress(
  host: ZonesHost,
  address: string,
  prefix: number,
  defrouter: string | undefined,
): string | undefined {
  const present =
    JSON.parse(runCommand(['ip', '-json', '-4', 'address', 'show', 'dev', bridge]))[0]?.addr_info ?? []
  const mine: string[] = present.map(({ local }: { local: string }) => local)
  const known = mine.find((each) => isSameSubnet(address, prefix, each))
  if (known !== undefined && (defrouter === undefined || mine.includes(defrouter))) return known
  const isRouterHere = defrouter !== undefined && prefix < 31 && isSameSubnet(address, prefix, defrouter)
  const chosen = isRouterHere
    ? defrouter
    : (known ?? highestFreeAddress(address, prefix, zoneAddresses(host)))
  if (chosen !== undefined && chosen !== known) {
    runCommand(['ip', 'address', 'add', `${chosen}/${prefix}`, 'dev', bridge])
  }
  return chosen
}

/** Every address that a zone of this host has in its configuration, running or not. */
function zoneAddresses({ store }: ZonesHost): Set<string> {
  return new Set(
    store
      .listIndex()
      .filter(({ name }) => store.hasConfig(name))
      .flatMap(({ name }) => addressesOf(store.readConfig(name)))
      .flatMap(({ address, defrouter }) => [address, defrouter].filter((each) => each !== undefined)),
  )
}
