// A host block for ISC dhcpd.
import { bootConflict } from './options.ts'
import type { BootSite } from './site.ts'
import { encodeVendorOptions, hex, optionComments, vendorOptions } from './vendor-options.ts'

/** Option 43 goes only to who says the vendor class: a PXE ROM reads other things there. @throws HostHasNoAddress, BootOptionsTooLong */
export function renderDhcpd(site: BootSite): string {
  const { host, boot, bootFile, vendorClass } = site
  const options = vendorOptions(site)
  return [
    `host ${host.name} {`,
    `  hardware ethernet ${host.mac};`,
    `  fixed-address ${fixedAddress(site)};`,
    `  option host-name "${host.name}";`,
    ...(site.wanboot ? [] : [`  next-server ${boot.address};`, `  filename "${bootFile}";`]),
    ...optionComments(options, '  '),
    `  if option vendor-class-identifier = "${vendorClass}" {`,
    `    option vendor-encapsulated-options ${hex(encodeVendorOptions(options), ':')};`,
    '  }',
    '}',
    '',
  ].join('\n')
}

/** @throws HostHasNoAddress */
export function fixedAddress({ host }: BootSite): string {
  if (host.address !== undefined) return host.address
  throw bootConflict(
    'HostHasNoAddress',
    `host ${host.name} has no IPv4 address, expected one in its record or with the request`,
  )
}
