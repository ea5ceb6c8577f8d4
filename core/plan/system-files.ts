// Addresses and name service of a system that asks nobody at its first boot: files of illumos, as its network services read them.
import { ProvisionError } from '../errors.ts'
import { primaryAddress, type Host } from '../host.ts'
import type { SysidSettings } from '../sysidcfg/settings.ts'
import type { PlannedSystem } from './schema.ts'

type SystemFile = PlannedSystem['files'][number]

/**
 * The files of its network and name services. Without interfaces there are none of the network: what the golden system does at its first boot then is left to it.
 * @throws PlanConflict for an interface that has no name
 */
export function systemFiles(host: Host, nodename: string, settings: SysidSettings): SystemFile[] {
  const { interfaces = [] } = host
  const files = interfaces.flatMap((one): SystemFile[] => {
    if (one.name === 'PRIMARY') {
      throw new ProvisionError(
        'conflict',
        'PlanConflict',
        `interface PRIMARY of host ${host.name} has no name, expected one such as e1000g0: only sysidtool knows which is meant`,
      )
    }
    return [
      text(`etc/hostname.${one.name}`, one.address === undefined ? '' : `${one.address}\n`),
      ...(one.address === undefined ? [text(`etc/dhcp.${one.name}`, '')] : []),
      ...(one.ipv6 ? [text(`etc/hostname6.${one.name}`, '')] : []),
    ]
  })
  const routes = interfaces.flatMap(({ defaultRoute }) => defaultRoute ?? [])
  const address = primaryAddress(host)
  return [
    ...files,
    ...(routes.length > 0 ? [text('etc/defaultrouter', `${[...new Set(routes)].join('\n')}\n`)] : []),
    ...(address === undefined ? [] : [hostsFile(address, nodename)]),
    ...nameService(settings.nameService),
  ]
}

function hostsFile(address: string, nodename: string): SystemFile {
  return {
    path: 'etc/inet/hosts',
    mode: 0o444,
    text: `::1\t\tlocalhost\n127.0.0.1\tlocalhost loghost\n${address}\t${nodename}\n`,
  }
}

/** Others than DNS need more than files: they are left to the golden system. */
function nameService(service: SysidSettings['nameService']): SystemFile[] {
  if (service.kind !== 'DNS') return []
  const lines = [
    `domain ${service.domainName}`,
    ...(service.search.length > 0 ? [`search ${service.search.join(' ')}`] : []),
    ...service.nameServers.map((server) => `nameserver ${server}`),
  ]
  return [text('etc/resolv.conf', `${lines.join('\n')}\n`)]
}

function text(path: string, contents: string): SystemFile {
  return { path, mode: 0o644, text: contents }
}
