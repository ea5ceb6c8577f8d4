import { describe, expect, test } from 'vitest'
import type { OsRelease } from '#core/host.ts'
import { lintSysidcfg } from '#core/sysidcfg/lint.ts'
import { renderSysidcfg } from '#core/sysidcfg/render.ts'
import { SysidSettings } from '#core/sysidcfg/settings.ts'

const good = renderSysidcfg(SysidSettings.parse({ rootPassword: '$5$salt$hash' }), {
  hostname: 'web1',
  release: 's10u8',
}).text

describe('lintSysidcfg', () => {
  test('says nothing about what we write ourselves', () => {
    expect(lintSysidcfg(good, 's10u8')).toEqual([])
  })

  test.each([
    ['system_locale=C', 'system_locale C', 'MissingEquals'],
    ['nfs4_domain=dynamic', 'nfsv4_domain=dynamic', 'MisspeltKeyword'],
    ['{ hostname=web1 }', '{ hostname=web1 ipv6_protocol=no }', 'MisspeltKeyword'],
    ['{ hostname=web1 }', '{ hostname=web1', 'UnclosedBrace'],
    ['{ hostname=web1 }', '{ primary hostname=web1 }', 'PrimaryTwice'],
    ['{ hostname=web1 }', '{ dhcp ip_address=192.0.2.1 }', 'DhcpWithAddress'],
    ['hostname=web1', 'hostname=web_1', 'HostnameInvalid'],
    ['hostname=web1', `hostname=${'a'.repeat(64)}`, 'HostnameInvalid'],
    ['"$5$salt$hash"', '"$5$salt$hash:"', 'HashWithColon'],
    ['"$5$salt$hash"', 'secret', 'ClearTextPassword'],
    ['name_service=NONE', 'name_service=DNS', 'MissingBraces'],
    [
      'name_service=NONE',
      'name_service=DNS {domain_name=a name_server=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4}',
      'TooManyServers',
    ],
    ['timezone=UTC', 'timezone=UTC\r', 'WindowsLineEnd'],
    ['timezone=UTC', '# timezone\ntimezone=UTC', 'Comment'],
    ['timezone=UTC', 'timezone=UTC\ninstall_locale=C', 'UndocumentedKeyword'],
    ['timezone=UTC', 'timezone=UTC\nauto_reg=disable', 'KeywordTooNew'],
    ['timezone=UTC', 'timezone="UTC', 'SysidcfgSyntax'],
    ['timezone=UTC\n', '', 'OpenQuestion'],
  ])('%j written as %j is %s', (right, wrong, code) => {
    const text = good.replace(right, () => wrong)
    expect(text).not.toBe(good)
    const complaints = lintSysidcfg(text, 's10u8')
    expect(complaints.map((complaint) => complaint.code)).toEqual([code])
    const changed = text.split('\n').findIndex((line, index) => line !== good.split('\n')[index]) + 1
    const expected = code === 'OpenQuestion' ? text.split('\n').length : changed
    expect(complaints[0]?.line).toBe(expected)
  })

  test.each([
    ['', 's10u8', 'Empty'],
    [good, 's10u3', 'KeywordTooNew'],
  ] as const)('%j for %s: %s', (text: string, release: OsRelease, code: string) => {
    expect(lintSysidcfg(text, release).map((complaint) => complaint.code)).toContain(code)
  })

  test('finds several mistakes at once, in the order of lines', () => {
    const text = good
      .replace('system_locale=', 'system_locale ')
      .replace('hostname=web1', 'hostname=a.b')
      .replace('nfs4', 'nfsv4')
    expect(lintSysidcfg(text, 's10u8').map(({ code, line }) => `${line} ${code}`)).toEqual([
      '1 MissingEquals',
      '3 HostnameInvalid',
      '8 MisspeltKeyword',
    ])
  })
})
