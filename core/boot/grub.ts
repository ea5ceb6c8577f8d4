// The menu that PXE GRUB shows on x86 (jumpstart.md 3.4).
import { assertPlainServer, type BootSite } from './site.ts'

/**
 * `menu.lst.01` and the MAC in upper case, beside pxegrub. The configuration comes by HTTP unless NFS directories are named.
 * @throws BootAddressNeeded, BootHttpNeeded
 */
export function renderGrubMenu(site: BootSite): string {
  const { host, install, mediaPath, tftpPath, jumpstart, sysid, console } = site
  if (jumpstart === undefined) assertPlainServer(site)
  const properties = [
    ...(console === undefined ? [] : [`console=${console}`]),
    `install_media=${install.address}:${mediaPath}`,
    ...(sysid === undefined ? [] : [`sysid_config=${sysid}`]),
    ...(jumpstart === undefined ? [] : [`install_config=${jumpstart}`]),
  ]
  const words = ['install', ...(jumpstart === undefined ? [`${site.documents}/config.tar`] : []), 'nowin']
  return [
    'default=0',
    'timeout=3',
    `title Install ${host.name}`,
    `    kernel ${tftpPath}/multiboot kernel/unix - ${words.join(' ')} -B ${properties.join(',')}`,
    `    module ${tftpPath}/x86.miniroot`,
    '',
  ].join('\n')
}

/** The name under which pxegrub looks for the menu of this host: `menu.lst.01001122334455`. */
export function grubMenuName({ host }: Pick<BootSite, 'host'>): string {
  return `menu.lst.${clientId(host.mac)}`
}

/** `00:11:22:aa:bb:cc` → `01001122AABBCC`: the hardware type and the address, as DHCP clients call themselves. */
export function clientId(mac: string): string {
  return `01${mac.replaceAll(':', '').toUpperCase()}`
}
