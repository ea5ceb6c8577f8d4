import { describe, expect, test } from 'vitest'
import { bootNotes } from '#core/boot/notes.ts'
import type { BootKind } from '#core/boot/options.ts'

const BASE = 'http://192.0.2.1:7070'
const PLAIN = 'http://192.0.2.1:7071'
const notesOf = (kind: BootKind, options: { arch?: string; server?: string; wanboot?: boolean } = {}) => {
  const { arch = 'i86pc', server, wanboot = false } = options
  const host = { name: 'h1', arch }
  return bootNotes({ kind, host, options: { server, wanboot }, baseUrl: `${BASE}/`, plainUrl: PLAIN })
}

describe('of a kind that is for the other machine', () => {
  test.each(['grub', 'kayak'] as const)('%s for SPARC', (kind) => {
    expect(notesOf(kind, { arch: 'sun4u' })).toEqual([
      `h1 is sun4u and ${kind} is for x86: SPARC boots by bootparams, wanboot or DHCP`,
    ])
  })

  test.each([
    ['bootparams', false, 'bootparams'],
    ['wanboot', false, 'WAN boot'],
    ['dhcpd', true, 'WAN boot'],
    ['kea', true, 'WAN boot'],
    ['dnsmasq', true, 'WAN boot'],
  ] as const)('%s for x86, --wanboot: %s', (kind, wanboot, what) => {
    expect(notesOf(kind, { wanboot })).toEqual([
      `h1 is i86pc and ${what} is for SPARC: x86 boots by DHCP and grub or kayak`,
    ])
  })

  test('and nothing of one that is right, or of a machine that nobody knows', () => {
    const arch = 'sun4v'
    for (const kind of ['grub', 'kayak', 'dhcpd', 'kea', 'dnsmasq'] as const)
      expect(notesOf(kind)).toEqual([])
    for (const kind of ['bootparams', 'wanboot', 'dhcpd', 'kea', 'dnsmasq'] as const)
      expect(notesOf(kind, { arch, wanboot: true })).toEqual([])
    for (const kind of ['grub', 'wanboot'] as const) expect(notesOf(kind, { arch: 'ppc' })).toEqual([])
  })
})

describe('of an address of the server that the host’s documents do not name', () => {
  const server = 'http://203.0.113.9:80/'
  const only = 'http://203.0.113.9:80 is only in what is printed here'
  const advice = 'set ZONEFLASH_URL if the host does not reach that'

  test.each([
    ['grub', 'i86pc', `finish names ${BASE}, archive_location in profile ${PLAIN}`],
    ['bootparams', 'sun4u', `finish names ${BASE}, archive_location in profile ${PLAIN}`],
    [
      'wanboot',
      'sun4u',
      `finish names ${BASE}, archive_location in profile ${PLAIN}, what wanboot-cgi answers ${PLAIN}`,
    ],
    ['kayak', 'i86pc', `kayak's configuration and zones.sh name ${BASE}`],
  ] as const)('%s', (kind, arch, named) => {
    expect(notesOf(kind, { arch, server })).toEqual([`${only}: ${named}; ${advice}`])
  })

  test('and nothing of those that they name', () => {
    expect(notesOf('grub', { server: `${BASE}/` })).toEqual([])
    expect(notesOf('grub', { server: PLAIN })).toEqual([])
    expect(notesOf('kayak', { server: BASE })).toEqual([])
    expect(notesOf('kayak', { server: PLAIN })).toHaveLength(1)
  })
})
