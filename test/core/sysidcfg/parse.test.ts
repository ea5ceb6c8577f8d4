import { describe, expect, test } from 'vitest'
import { parseSysidcfg } from '#core/sysidcfg/parse.ts'
import { openQuestions } from '#core/sysidcfg/open-questions.ts'

const minimal = `system_locale=C
terminal=vt100
network_interface=PRIMARY { hostname=web1 }
name_service=NONE
security_policy=NONE
nfs4_domain=dynamic
timezone=UTC
root_password="$5$abcdefgh$hash"
`

describe('parseSysidcfg', () => {
  test('reads the minimum for a silent first boot', () => {
    const parsed = parseSysidcfg(minimal, 's10u8')
    expect(parsed).toMatchObject({
      systemLocale: 'C',
      terminal: 'vt100',
      timezone: 'UTC',
      rootPassword: '$5$abcdefgh$hash',
      nfs4Domain: 'dynamic',
      nameService: { kind: 'NONE' },
      networkInterfaces: [{ name: 'PRIMARY', hostname: 'web1', primary: false, dhcp: false }],
    })
    expect(openQuestions(parsed, 's10u8')).toEqual([])
  })

  test('a release with auto_reg asks when the file does not answer it', () => {
    expect(openQuestions(parseSysidcfg(minimal, 's10u9'), 's10u9')).toEqual(['auto_reg'])
  })

  test('the file .NFS4inst_state.domain answers where the keyword is not known yet', () => {
    const old = minimal.replace('nfs4_domain=dynamic\n', '')
    const parsed = parseSysidcfg(old, 's10u3')
    expect(openQuestions(parsed, 's10u3')).toEqual(['nfs4_domain'])
    expect(openQuestions(parsed, 's10u3', new Set(['etc/.NFS4inst_state.domain']))).toEqual([])
  })

  test('keywords in any case, values in either quotes, braces over several lines', () => {
    const parsed = parseSysidcfg(
      `Network_Interface = bge0\n{\n primary hostname='web1'\n ip_address=192.0.2.10 netmask=255.255.255.0 PROTOCOL_IPV6=no\n default_route=NONE }\ntimezone="<GMT+8>+8"`,
      's10u11',
    )
    expect(parsed.networkInterfaces).toEqual([
      {
        name: 'bge0',
        primary: true,
        dhcp: false,
        hostname: 'web1',
        ipAddress: '192.0.2.10',
        netmask: '255.255.255.0',
        protocolIpv6: false,
        defaultRoute: 'NONE',
      },
    ])
    expect(parsed.timezone).toBe('<GMT+8>+8')
  })

  test('the first of a repeated keyword counts, interfaces add up', () => {
    const parsed = parseSysidcfg(
      'terminal=vt100 terminal=xterm network_interface=e0 {primary dhcp} network_interface=e1 {hostname=b}',
      's10u8',
    )
    expect(parsed.terminal).toBe('vt100')
    expect(parsed.networkInterfaces.map((net) => net.name)).toEqual(['e0', 'e1'])
  })

  test('lists stand bare, LDAP and kerberos keep their particulars', () => {
    const parsed = parseSysidcfg(
      'name_service=LDAP {domain_name=example.org profile=default profile_server=192.0.2.5 proxy_dn="cn=proxy,dc=example,dc=org" proxy_password=s3cret}\n' +
        'security_policy=kerberos {default_realm=EXAMPLE.ORG admin_server=kdc1 kdc=kdc1,kdc2}',
      's10u8',
    )
    expect(parsed.nameService?.subs['proxy_dn']).toBe('cn=proxy,dc=example,dc=org')
    expect(parsed.securityPolicy).toEqual({
      kind: 'kerberos',
      subs: { default_realm: 'EXAMPLE.ORG', admin_server: 'kdc1', kdc: 'kdc1,kdc2' },
    })
  })

  test.each([
    ['system_locale C', 'SysidcfgSyntax', 1, 15],
    ['nfsv4_domain=dynamic', 'SysidcfgKeyword', 1, 1],
    ['terminal=vt100\nnetwork_interface=PRIMARY {hostname=a ipv6_protocol=no}', 'SysidcfgKeyword', 2, 39],
    ['network_interface=PRIMARY {hostname=a', 'SysidcfgSyntax', 1, 27],
    ['network_interface=PRIMARY {}', 'SysidcfgSyntax', 1, 27],
    ['network_interface=PRIMARY {dhcp ip_address=192.0.2.1}', 'SysidcfgValue', 1, 1],
    ['network_interface=PRIMARY {ip_address=192.0.2.256}', 'SysidcfgValue', 1, 39],
    ['network_interface=NONE {netmask=255.0.0.0}', 'SysidcfgKeyword', 1, 25],
    ['network_interface=e0 {dhcp} network_interface=e1 {dhcp}', 'SysidcfgValue', 1, 1],
    ['network_interface=e0 {primary dhcp} network_interface=PRIMARY {dhcp}', 'SysidcfgValue', 1, 37],
    ['terminal=vt100\r\n', 'SysidcfgSyntax', 1, 15],
    ['# a comment\nterminal=vt100', 'SysidcfgSyntax', 1, 1],
    ['timezone="UTC\n"', 'SysidcfgSyntax', 1, 10],
    ['root_password=$md5,rounds', 'SysidcfgSyntax', 1, 15],
    ['timezone=A=B', 'SysidcfgSyntax', 1, 11],
    ['name_service=WINS', 'SysidcfgValue', 1, 14],
    ['nfs4_domain=1st', 'SysidcfgValue', 1, 13],
    ['install_locale=C', 'SysidcfgKeyword', 1, 1],
    ['=C', 'SysidcfgSyntax', 1, 1],
    ['terminal=', 'SysidcfgSyntax', 1, 9],
    ['terminal=vt100 }', 'SysidcfgSyntax', 1, 16],
  ])('%j makes the file unused: %s at %i:%i', (text, code, line, column) => {
    expect(() => parseSysidcfg(text, 's10u8')).toThrow(
      expect.objectContaining({ code, details: { line, column } }),
    )
  })

  test.each([
    ['nfs4_domain=dynamic', 's10u3'],
    ['auto_reg=disable', 's10u8'],
  ] as const)('%j is newer than %s', (text, release) => {
    expect(() => parseSysidcfg(text, release)).toThrow(expect.objectContaining({ code: 'SysidcfgKeyword' }))
  })
})
