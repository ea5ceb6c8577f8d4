import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OsRelease } from '#core/host.ts'
import { splitAddress } from '#core/sysidcfg/netmask.ts'
import { parseSysidcfg } from '#core/sysidcfg/parse.ts'
import { openQuestions } from '#core/sysidcfg/open-questions.ts'
import { maskSysidcfg, renderSysidcfg } from '#core/sysidcfg/render.ts'
import { SysidSettings } from '#core/sysidcfg/settings.ts'

const hash = '$5$abcdefgh$0123456789'

describe('renderSysidcfg', () => {
  test('writes the minimum for a shared-IP zone of 8/07 to 10/09', () => {
    const { text, touch } = renderSysidcfg(SysidSettings.parse({ rootPassword: hash }), {
      hostname: 'web1',
      release: 's10u8',
    })
    expect(text).toBe(`system_locale=C
terminal=vt100
network_interface=PRIMARY { hostname=web1 }
name_service=NONE
security_policy=NONE
timezone=UTC
root_password="${hash}"
nfs4_domain=dynamic
`)
    expect(touch).toEqual([])
  })

  test.each(OsRelease.options.map((release) => ({ release })))(
    'a zone of $release boots without a question',
    ({ release }) => {
      const { text, touch } = renderSysidcfg(SysidSettings.parse({ rootPassword: hash }), {
        hostname: 'web1',
        release,
      })
      expect(openQuestions(parseSysidcfg(text, release), release, new Set(touch))).toEqual([])
    },
  )

  test('a release without nfs4_domain gets the file that answers it', () => {
    const rendered = renderSysidcfg(SysidSettings.parse({ rootPassword: 'NP' }), {
      hostname: 'a',
      release: 's10u3',
    })
    expect(rendered.text).not.toContain('nfs4_domain')
    expect(rendered.touch).toEqual(['etc/.NFS4inst_state.domain'])
  })

  test('an exclusive-IP zone brings its addresses, the first interface is primary', () => {
    const { text } = renderSysidcfg(SysidSettings.parse({ rootPassword: 'NP' }), {
      hostname: 'web1',
      release: 's10u8',
      net: [
        {
          name: 'e1000g1',
          address: { ip: '192.0.2.10', netmask: '255.255.255.0', defaultRoute: '192.0.2.1' },
        },
        { name: 'e1000g2' },
      ],
    })
    expect(parseSysidcfg(text, 's10u8').networkInterfaces).toEqual([
      {
        name: 'e1000g1',
        primary: true,
        dhcp: false,
        hostname: 'web1',
        ipAddress: '192.0.2.10',
        netmask: '255.255.255.0',
        protocolIpv6: false,
        defaultRoute: '192.0.2.1',
      },
      { name: 'e1000g2', primary: false, dhcp: true, protocolIpv6: false },
    ])
  })

  test('the masked text shows no hash and no password', () => {
    const { text } = renderSysidcfg(
      SysidSettings.parse({
        rootPassword: '$md5,rounds=904$xy$secret',
        nameService: {
          kind: 'LDAP',
          domainName: 'example.org',
          profile: 'default',
          profileServer: '192.0.2.5',
          proxyDn: 'cn=proxy,dc=example,dc=org',
          proxyPassword: 'secret',
        },
      }),
      { hostname: 'a', release: 's10u11' },
    )
    expect(text).toContain('secret')
    expect(maskSysidcfg(text)).not.toContain('secret')
    expect(maskSysidcfg(text)).toContain('root_password=****')
  })

  test.each(['web_1', '-a', 'a.b', 'a'.repeat(64), '', 'a }\nterminal=x'])(
    'the hostname %j is refused',
    (hostname) => {
      expect(() =>
        renderSysidcfg(SysidSettings.parse({ rootPassword: 'NP' }), { hostname, release: 's10u8' }),
      ).toThrow(expect.objectContaining({ code: 'SysidcfgValue' }))
    },
  )

  test('whatever text the settings hold, the file gives back the same values or the settings are refused', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({
        unit: fc.constantFrom(
          '"',
          "'",
          '{',
          '}',
          '=',
          ',',
          '#',
          '\n',
          '\r',
          ' ',
          '\t',
          '(',
          ')',
          '\\',
          'a',
          '\x01',
        ),
        maxLength: 8,
      }),
    )
    let accepted = 0
    fc.assert(
      fc.property(
        fc.array(hostile, { minLength: 14, maxLength: 14 }),
        fc.boolean(),
        fc.boolean(),
        (texts, ldap, kerberos) => {
          const [
            locale,
            terminal,
            timezone,
            password,
            domain,
            profile,
            dn,
            secret,
            realm,
            admin,
            kdc,
            time,
            search,
            host,
          ] = texts
          // one hostile value at a time gets through more often than all of them
          const pick = (value: string | undefined, index: number, plain: string) =>
            texts.length > 0 && index === texts.join('').length % 14 ? value : plain
          const parsed = SysidSettings.safeParse({
            systemLocale: pick(locale, 0, 'C'),
            terminal: pick(terminal, 1, 'vt100'),
            timezone: pick(timezone, 2, 'UTC'),
            rootPassword: pick(`$5$${password}`, 3, 'NP'),
            timeserver: pick(time, 11, 'localhost'),
            nameService: ldap
              ? {
                  kind: 'LDAP',
                  domainName: pick(domain, 4, 'example.org'),
                  profile: pick(profile, 5, 'default'),
                  profileServer: '192.0.2.5',
                  proxyDn: pick(dn, 6, 'cn=proxy'),
                  proxyPassword: pick(secret, 7, 'x'),
                }
              : {
                  kind: 'DNS',
                  domainName: pick(domain, 4, 'example.org'),
                  nameServers: ['192.0.2.1', '192.0.2.2'],
                  search: [pick(search, 12, 'a.org'), pick(host, 13, 'b.org')],
                },
            securityPolicy: kerberos
              ? {
                  kind: 'kerberos',
                  defaultRealm: pick(realm, 8, 'R'),
                  adminServer: pick(admin, 9, 'a'),
                  kdc: ['k', pick(kdc, 10, 'l')],
                }
              : { kind: 'NONE' },
          })
          if (!parsed.success) return
          accepted += 1
          const settings = parsed.data
          const read = parseSysidcfg(
            renderSysidcfg(settings, { hostname: 'web1', release: 's10u11' }).text,
            's10u11',
          )
          expect(read.items.map((item) => item.keyword)).toEqual([
            'system_locale',
            'terminal',
            'network_interface',
            'name_service',
            'security_policy',
            'timezone',
            'root_password',
            'nfs4_domain',
            'auto_reg',
            'timeserver',
          ])
          expect(read).toMatchObject({
            systemLocale: settings.systemLocale,
            terminal: settings.terminal,
            timezone: settings.timezone,
            rootPassword: settings.rootPassword,
            timeserver: settings.timeserver,
          })
          expect(read.nameService?.subs).toEqual(expectedNames(settings.nameService))
          expect(read.securityPolicy?.subs).toEqual(expectedKerberos(settings.securityPolicy))
        },
      ),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(200)
  })
})

test.each([
  ['192.0.2.10/24', '255.255.255.0'],
  ['192.0.2.10/32', '255.255.255.255'],
  ['192.0.2.10/0', '0.0.0.0'],
  ['10.1.2.3/9', '255.128.0.0'],
  ['10.1.2.3', '255.255.255.0'],
])('%s has the netmask %s', (text, netmask) => {
  expect(splitAddress(text)?.netmask).toBe(netmask)
})

function expectedNames(service: SysidSettings['nameService']): Record<string, unknown> {
  if (service.kind === 'LDAP') {
    const { domainName, profile, profileServer, proxyDn, proxyPassword } = service
    return {
      domain_name: domainName,
      profile,
      profile_server: profileServer,
      proxy_dn: proxyDn,
      proxy_password: proxyPassword,
    }
  }
  if (service.kind !== 'DNS') return {}
  return {
    domain_name: service.domainName,
    name_server: service.nameServers.join(','),
    search: service.search.join(','),
  }
}

function expectedKerberos(policy: SysidSettings['securityPolicy']): Record<string, string> {
  if (policy.kind === 'NONE') return {}
  return { default_realm: policy.defaultRealm, admin_server: policy.adminServer, kdc: policy.kdc.join(',') }
}
