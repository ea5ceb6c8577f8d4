// The files of a kind, and what an administrator does with them.
import { promCommand, renderBootparams } from './bootparams.ts'
import { renderDhcpd } from './dhcpd.ts'
import { renderDnsmasq } from './dnsmasq.ts'
import { clientId, grubMenuName, renderGrubMenu } from './grub.ts'
import { renderKea } from './kea.ts'
import type { BootKind } from './options.ts'
import type { BootSite } from './site.ts'
import { renderSystemConf, renderWanbootConf, wanbootCommands } from './wanboot.ts'

export interface BootFile {
  /** where it goes, or what it becomes part of */
  name: string
  text: string
}

export interface BootMaterial {
  files: BootFile[]
  /** one line each */
  steps: string[]
}

/** Kayak's is in kayak.ts: it takes more. @throws HostHasNoAddress, BootAddressNeeded, BootHttpNeeded, BootOptionsTooLong */
export function renderBootMaterial(kind: Exclude<BootKind, 'kayak'>, site: BootSite): BootMaterial {
  switch (kind) {
    case 'grub':
      return {
        files: [{ name: grubMenuName(site), text: renderGrubMenu(site) }],
        steps: ['put it into the TFTP directory, beside pxegrub', 'boot the host from the network'],
      }
    case 'bootparams':
      return {
        files: [{ name: '/etc/bootparams', text: renderBootparams(site) }],
        steps: [`add the line on ${site.boot.name}`, `at the host's PROM: ${promCommand(site)}`],
      }
    case 'dhcpd':
      return {
        files: [{ name: 'dhcpd.conf', text: renderDhcpd(site) }],
        steps: ['add it inside the subnet or group of the host, and restart dhcpd', ...afterDhcp(site)],
      }
    case 'kea':
      return {
        files: [{ name: 'kea-dhcp4.conf', text: renderKea(site) }],
        steps: [
          'add the members of both lists to those of Dhcp4, which needs reservations-global, and restart kea-dhcp4',
          ...afterDhcp(site),
        ],
      }
    case 'dnsmasq':
      return {
        files: [{ name: 'dnsmasq.conf', text: renderDnsmasq(site) }],
        steps: ['add the lines, and restart dnsmasq', ...afterDhcp(site)],
      }
    case 'wanboot':
      return {
        files: [
          { name: `/etc/netboot/${clientId(site.host.mac)}/wanboot.conf`, text: renderWanbootConf(site) },
          { name: `/etc/netboot/${clientId(site.host.mac)}/system.conf`, text: renderSystemConf(site) },
        ],
        steps: [
          'this server hands both out itself; a boot server of your own takes them as they are',
          `at the host's PROM: ${wanbootCommands(site).join('; ')}`,
        ],
      }
  }
}

function afterDhcp(site: BootSite): string[] {
  if (site.wanboot) return ["at the host's PROM: boot net:dhcp - install"]
  if (site.host.arch === 'i86pc') return ['with --kind grub comes the menu that the host boots']
  return [`at the host's PROM: ${promCommand(site).replace('boot net', 'boot net:dhcp')}`]
}
