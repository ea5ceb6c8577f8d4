import { describe, expect, test } from 'vitest'
import { renderKayakMaterial } from '#core/boot/kayak.ts'
import { BootKind, BootOptions } from '#core/boot/options.ts'
import { renderBootMaterial } from '#core/boot/render.ts'
import { bootSite, type BootSite } from '#core/boot/site.ts'
import { encodeVendorOptions, hex, vendorOptions } from '#core/boot/vendor-options.ts'
import { Host } from '#core/host.ts'

const MEDIA = { ofHost: 'omni@20261120T110000Z.zfs.xz', ofProfile: 'omni@stable.zfs.xz' }
const TOKEN = 'zi_0123456789abcdefghijklmnopqrstuv'
const x86 = Host.parse({ name: 'h1', macs: ['0:11:22:a:b:c'], addresses: ['192.0.2.21'], release: 's10u8' })
const sparc = Host.parse({
  name: 'db1',
  macs: ['0:14:4f:1:2:3'],
  interfaces: [{ name: 'bge0', address: '192.0.2.31/24' }],
  arch: 'sun4u',
  release: 's10u8',
  facts: { model: 'SUNW,Sun-Fire-V240' },
})

const site = (host: Host, options: object = {}, server = 'http://192.0.2.10:7071') =>
  bootSite({ host, options: BootOptions.parse(options), server, token: TOKEN })
const materialOf = (kind: BootKind, at: BootSite) =>
  kind === 'kayak' ? renderKayakMaterial(at, MEDIA) : renderBootMaterial(kind, at)
const nfs = {
  bootServer: { address: '192.0.2.11', name: 'js1' },
  installServer: { address: '192.0.2.12', name: 'media1' },
  mediaPath: '/export/s10',
  jumpstart: 'js1:/jumpstart',
  sysid: 'js1:/jumpstart/sysid/db1',
}

test.each([
  ['grub', 'grub-http', x86, { mediaPath: '/export/s10x', console: 'ttya' }],
  ['grub', 'grub-nfs', x86, { ...nfs, mediaPath: '/export/s10x', tftpPath: '/sol10u8x' }],
  ['bootparams', 'bootparams-nfs', sparc, nfs],
  ['bootparams', 'bootparams-http', sparc, { mediaPath: '/export/s10' }],
  ['dhcpd', 'dhcpd-x86', x86, nfs],
  ['dhcpd', 'dhcpd-sparc', sparc, { mediaPath: '/export/s10' }],
  ['dhcpd', 'dhcpd-wanboot', sparc, { wanboot: true }],
  ['kea', 'kea-x86', x86, nfs],
  ['kea', 'kea-wanboot', sparc, { wanboot: true }],
  ['dnsmasq', 'dnsmasq-x86', x86, nfs],
  ['dnsmasq', 'dnsmasq-wanboot', sparc, { wanboot: true }],
  ['wanboot', 'wanboot', sparc, { wanbootFile: 'wanboot.s10_sparc', minirootFile: 'miniroot.s10_sparc' }],
  ['kayak', 'kayak', x86, {}],
] as const)('%s as %s', async (kind, golden, host, options) => {
  const { files, steps } = materialOf(kind, site(host, options))
  const text = files.map((file) => `== ${file.name}\n${file.text}`).join('\n')
  const all = `${text}\n== steps\n${steps.join('\n')}\n`
  await expect(all).toMatchFileSnapshot(`../../fixtures/golden/boot/${golden}.txt`)
})

test('x86 says the class of its architecture in DHCP, whatever its model is', () => {
  const known = { ...x86, facts: { model: 'SUNW,Sun-Fire-X4200' } }
  expect(site(known).vendorClass).toBe('SUNW.i86pc')
  expect(site(sparc).vendorClass).toBe('SUNW.Sun-Fire-V240')
})

describe('option 43', () => {
  test('is code, length and value of each, addresses as four bytes', () => {
    const options = vendorOptions(
      site(x86, { mediaPath: '/m', rootPath: '/r', bootServer: { address: '192.0.2.10', name: 'js1' } }),
    )
    expect(hex(encodeVendorOptions(options), ' ')).toBe(
      '01 0a 72 73 69 7a 65 3d 38 31 39 32 ' +
        '02 04 c0 00 02 0a 03 03 6a 73 31 04 02 2f 72 ' +
        '0a 04 c0 00 02 0a 0b 03 6a 73 31 0c 02 2f 6d',
    )
  })

  test('that does not fit into DHCP is refused', () => {
    const long = `/${'x'.repeat(150)}`
    const options = vendorOptions(site(x86, { mediaPath: long, rootPath: long }))
    expect(() => encodeVendorOptions(options)).toThrow(
      expect.objectContaining({ code: 'BootOptionsTooLong' }),
    )
  })

  test('is the same in all three forms', () => {
    const plain = hex(encodeVendorOptions(vendorOptions(site(x86, nfs))), '')
    const kea = renderBootMaterial('kea', site(x86, nfs)).files[0]?.text ?? ''
    expect(JSON.parse(kea).Dhcp4['client-classes'][0]['option-data'][0].data.toLowerCase()).toBe(plain)
    for (const kind of ['dhcpd', 'dnsmasq'] as const)
      expect(renderBootMaterial(kind, site(x86, nfs)).files[0]?.text.replaceAll(':', '')).toContain(plain)
  })
})

describe('what does not boot', () => {
  test('a host without a MAC address', () => {
    expect(() => site({ ...x86, macs: [] })).toThrow(expect.objectContaining({ code: 'HostHasNoMac' }))
  })

  test('a DHCP block for a host without an IPv4 address', () => {
    for (const kind of ['dhcpd', 'kea', 'dnsmasq'] as const)
      expect(() => renderBootMaterial(kind, site({ ...x86, addresses: ['2001:db8::1'] }))).toThrow(
        expect.objectContaining({ code: 'HostHasNoAddress' }),
      )
  })

  test('a configuration from a server that is named, or that speaks TLS alone', () => {
    const grub = (server: string) => () =>
      renderBootMaterial('grub', site(x86, { bootServer: { address: '192.0.2.1' } }, server))
    expect(grub('http://flash.example.com')).toThrow(expect.objectContaining({ code: 'BootAddressNeeded' }))
    expect(grub('https://192.0.2.10')).toThrow(expect.objectContaining({ code: 'BootHttpNeeded' }))
  })
})

describe('values that would leave their place are refused', () => {
  test.each([
    ['mediaPath', '/export/s10"; }'],
    ['mediaPath', '/a,install_config=x'],
    ['mediaPath', 'relative'],
    ['mediaPath', '/a/../b'],
    ['mediaPath', '/a\nhost evil {'],
    ['tftpPath', '/a b'],
    ['bootFile', 'pxe";'],
    ['bootFile', '../etc/shadow'],
    ['jumpstart', 'js1:/a b'],
    ['jumpstart', 'js1 x:/a'],
    ['sysid', '/a'],
    ['vendorClass', 'SUNW.x" {'],
    ['vendorClass', 'PXEClient'],
    ['console', 'ttya,x=y'],
    ['server', 'http://192.0.2.1/x"y'],
    ['server', 'http://user:secret@192.0.2.1'],
    ['server', 'ftp://192.0.2.1'],
    ['wanbootFile', '../../etc/passwd'],
    ['wanbootFile', 'a/b'],
    ['bootServer', { address: '192.0.2.300' }],
    ['bootServer', { address: '192.0.2.3', name: 'a b' }],
    ['address', '192.0.2'],
  ])('%s %j', (name, value) => {
    expect(BootOptions.safeParse({ [name]: value }).success).toBe(false)
  })

  test('an architecture, free text in a record, stays a word', () => {
    const odd = Host.parse({ ...x86, arch: 'a"; } evil {' })
    for (const kind of BootKind.options) {
      const { files } = materialOf(kind, site(odd))
      expect(files.map(({ text }) => text).join('')).not.toMatch(/evil \{|"; \}/)
    }
  })
})
