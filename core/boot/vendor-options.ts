// The vendor options that Solaris reads when it boots by DHCP, as they stand inside option 43 (jumpstart.md 3.3).
import { ProvisionError } from '../errors.ts'
import { assertPlainServer, type BootSite } from './site.ts'
import { wanbootUrl } from './wanboot.ts'

export interface VendorOption {
  code: number
  name: string
  /** addresses become four bytes, text its characters */
  type: 'address' | 'text'
  value: string
}

/** What DHCP can carry in one option. */
const MAX_BYTES = 255

/** Those that an install needs, and where the JumpStart directory is when it comes by NFS; for WAN boot its address alone. */
export function vendorOptions(site: BootSite): VendorOption[] {
  const option = (code: number, name: string, type: VendorOption['type'], value: string) => ({
    code,
    name,
    type,
    value,
  })
  if (site.wanboot) {
    assertPlainServer(site)
    return [option(16, 'SbootURI', 'text', wanbootUrl(site))]
  }
  const { boot, install, rootPath, mediaPath, sysid, jumpstart } = site
  return [
    option(1, 'SrootOpt', 'text', 'rsize=8192'),
    option(2, 'SrootIP4', 'address', boot.address),
    option(3, 'SrootNM', 'text', boot.name),
    option(4, 'SrootPTH', 'text', rootPath),
    option(10, 'SinstIP4', 'address', install.address),
    option(11, 'SinstNM', 'text', install.name),
    option(12, 'SinstPTH', 'text', mediaPath),
    ...(sysid === undefined ? [] : [option(13, 'SsysidCF', 'text', sysid)]),
    ...(jumpstart === undefined ? [] : [option(14, 'SjumpsCF', 'text', jumpstart)]),
  ]
}

/** Code, length and value of each, in order: the bytes of option 43. @throws BootOptionsTooLong */
export function encodeVendorOptions(options: readonly VendorOption[]): Uint8Array {
  const bytes = options.flatMap(({ code, type, value }) => {
    const encoded = type === 'address' ? value.split('.').map(Number) : [...new TextEncoder().encode(value)]
    return [code, encoded.length, ...encoded]
  })
  if (bytes.length <= MAX_BYTES) return Uint8Array.from(bytes)
  throw new ProvisionError(
    'invalid',
    'BootOptionsTooLong',
    `the vendor options take ${bytes.length} bytes, expected at most ${MAX_BYTES}: give shorter paths and names`,
  )
}

/** `02:04:c0:…` or with another mark between the bytes. */
export function hex(bytes: Uint8Array, between: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(between)
}

/** `#   2 SrootIP4 192.0.2.10`, one line for each. */
export function optionComments(options: readonly VendorOption[], indent = ''): string[] {
  return options.map(({ code, name, value }) => `${indent}#   ${String(code).padStart(2)} ${name} ${value}`)
}
