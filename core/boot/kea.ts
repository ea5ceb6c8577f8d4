// What Kea's Dhcp4 needs for one host: a reservation, and a class that gives it option 43.
import { fixedAddress } from './dhcpd.ts'
import type { BootSite } from './site.ts'
import { encodeVendorOptions, hex, vendorOptions } from './vendor-options.ts'

/** Both lists are for the object Dhcp4 of kea-dhcp4.conf. @throws HostHasNoAddress, BootOptionsTooLong */
export function renderKea(site: BootSite): string {
  const { host, boot, bootFile, vendorClass } = site
  const options = vendorOptions(site)
  const digits = host.mac.replaceAll(':', '')
  const document = {
    Dhcp4: {
      'client-classes': [
        {
          name: `zoneflash-${host.name}`,
          test: `option[60].text == '${vendorClass}' and pkt4.mac == 0x${digits}`,
          'user-context': Object.fromEntries(options.map(({ name, value }) => [name, value])),
          'option-data': [
            {
              name: 'vendor-encapsulated-options',
              code: 43,
              'csv-format': false,
              data: hex(encodeVendorOptions(options), '').toUpperCase(),
            },
          ],
        },
      ],
      // one that stands here is looked at only so
      'reservations-global': true,
      reservations: [
        {
          'hw-address': host.mac,
          'ip-address': fixedAddress(site),
          hostname: host.name,
          ...(!site.wanboot && { 'next-server': boot.address, 'boot-file-name': bootFile }),
        },
      ],
    },
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
