/** The files of a kind, and what an administrator does with them. */
import { promCommand, renderBootparams } from './bootparams.ts'
import { renderDhcpd } from './dhcpd.ts'
import { renderDnsmasq } from './dnsmasq.ts'
import { clientId, grubMenuName, renderGrubMenu } from './grub.ts'
import { renderKayakLoader, renderOpenKayakLoader } from './kayak.ts'
import { renderKea } from './kea.ts'
import type { BootKind } from './options.ts'
import type { BootSite } from './site.ts'
import { renderSystemConf, renderWanbootConf, wanbootCommands } from './wanboot.ts'

export interface BootFile {
  /** where it goes, or what it becomes part of */
  name: string
  text: string
}

/** Media of kayak, such as `web@stable.zfs.xz`: what this host was armed with, and what any other gets. */
export interface MediumNames {
  own: string
  all: string
}

export interface BootMaterial {
  files: BootFile[]
  /** one line each */
  steps: string[]
}

/** `media` are of kayak only. @throws HostHasNoAddress, BootAddressNeeded, BootHttpNeeded, BootOptionsTooLong */
export function renderBootMaterial(kind: BootKind, site: BootSite, media: MediumNames): BootMaterial {
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
    case 'kayak':
      return {
        files: [
          { name: 'boot/loader.conf.local, for this host alone', text: renderKayakLoader(site, media.own) },
          {
            name: 'boot/loader.conf.local, for all hosts, where templates are open to kayak',
            text: renderOpenKayakLoader(site, media.all),
          },
        ],
        steps: ['put one of them into the TFTP directory of the loader', 'boot the host from the network'],
      }
  }
}

function afterDhcp(site: BootSite): string[] {
  if (site.wanboot) return ["at the host's PROM: boot net:dhcp - install"]
  if (site.host.arch === 'i86pc') return ['with --kind grub comes the menu that the host boots']
  return [`at the host's PROM: ${promCommand(site).replace('boot net', 'boot net:dhcp')}`]
}
