// Lines for dnsmasq.conf.
import { fixedAddress } from './dhcpd.ts'
import type { BootSite } from './site.ts'
import { encodeVendorOptions, hex, optionComments, vendorOptions } from './vendor-options.ts'

/** @throws HostHasNoAddress, BootOptionsTooLong */
export function renderDnsmasq(site: BootSite): string {
  const { host, boot, bootFile, vendorClass } = site
  const options = vendorOptions(site)
  const solaris = `${host.name}-solaris`
  return [
    `dhcp-host=${host.mac},set:${host.name},${fixedAddress(site)},${host.name}`,
    `dhcp-vendorclass=set:${solaris},${vendorClass}`,
    ...(site.wanboot ? [] : [`dhcp-boot=tag:${host.name},${bootFile},${boot.name},${boot.address}`]),
    ...optionComments(options),
    `dhcp-option=tag:${host.name},tag:${solaris},43,${hex(encodeVendorOptions(options), ':')}`,
    '',
  ].join('\n')
}
