import { describe, expect, test } from 'vitest'
import { Host, OsRelease } from '#core/host.ts'
import { renderHostSysidcfg } from '#core/sysidcfg/host-sysidcfg.ts'
import { openQuestions } from '#core/sysidcfg/open-questions.ts'
import { parseSysidcfg } from '#core/sysidcfg/parse.ts'
import { maskSysidcfg } from '#core/sysidcfg/render.ts'
import { SysidSettings } from '#core/sysidcfg/settings.ts'

const rootPassword = '$5$abcdefgh$0123456789'
const bge0 = { name: 'bge0', address: '192.0.2.10/24', defaultRoute: '192.0.2.1' }

interface Form {
  interfaces?: readonly object[]
  sysid?: object
}

const forms: Readonly<Record<string, Form>> = {
  dhcp: {},
  'one-interface': { interfaces: [bge0] },
  'ipv6-primary': { interfaces: [{ ...bge0, name: 'PRIMARY', ipv6: true }] },
  'several-interfaces': {
    interfaces: [
      { name: 'bge1', address: '198.51.100.10/25', hostname: 'h1-backup' },
      { ...bge0, primary: true, ipv6: true },
      { name: 'e1000g0' },
    ],
  },
  'dns-and-kerberos': {
    interfaces: [bge0],
    sysid: {
      timezone: 'Europe/Berlin',
      nfs4Domain: 'example.org',
      timeserver: '192.0.2.5',
      keyboard: 'German',
      serviceProfile: 'limited_net',
      nameService: {
        kind: 'DNS',
        domainName: 'example.org',
        nameServers: ['192.0.2.2', '192.0.2.3'],
        search: ['example.org', 'example.net'],
      },
      securityPolicy: {
        kind: 'kerberos',
        defaultRealm: 'EXAMPLE.ORG',
        adminServer: 'kdc1.example.org',
        kdc: ['kdc1.example.org', 'kdc2.example.org'],
      },
    },
  },
  'nis-and-registration': {
    interfaces: [bge0],
    sysid: {
      nameService: {
        kind: 'NIS',
        domainName: 'nis.example.org',
        nameServer: { host: 'ypmaster', address: '192.0.2.4' },
      },
      autoReg: { kind: 'noproxy', oracleUser: 'ops@example.org', oraclePassword: 'secret' },
    },
  },
  'ldap-and-registration-by-proxy': {
    interfaces: [bge0],
    sysid: {
      nameService: {
        kind: 'LDAP',
        domainName: 'example.org',
        profile: 'default',
        profileServer: '192.0.2.6',
        proxyDn: 'cn=proxyagent,ou=profile,dc=example,dc=org',
        proxyPassword: 'secret',
      },
      autoReg: {
        kind: 'all',
        oracleUser: 'ops@example.org',
        oraclePassword: 'secret',
        httpProxyHost: 'proxy.example.org',
        httpProxyPort: 8080,
        httpProxyUser: 'ops',
        httpProxyPassword: 'secret',
      },
    },
  },
}

const render = ({ interfaces, sysid }: Form, release: OsRelease) =>
  renderHostSysidcfg(
    Host.parse({ name: 'h1', release, ...(interfaces && { interfaces }) }),
    SysidSettings.parse({ rootPassword, ...sysid }),
  )

const releases = OsRelease.options.filter((release) => release !== 'illumos')
const cases = releases.flatMap((release) => Object.keys(forms).map((form) => ({ release, form })))

describe('the sysidcfg of a whole host', () => {
  test.each(cases)('of $release, $form, is as it was looked at once', async ({ release, form }) => {
    const { text } = render(forms[form] ?? {}, release)
    await expect(text).toMatchFileSnapshot(`../../fixtures/golden/sysidcfg/${release}/${form}`)
  })

  test.each(cases)('of $release, $form, leaves no question open', ({ release, form }) => {
    const { text, touch } = render(forms[form] ?? {}, release)
    const parsed = parseSysidcfg(text, release)
    expect(openQuestions(parsed, release, new Set(touch))).toEqual([])
    expect(parsed.timeserver).toBeDefined()
  })

  test('names one interface primary among several, and the host after it', () => {
    const { text } = render(forms['several-interfaces'] ?? {}, 's10u8')
    expect(parseSysidcfg(text, 's10u8').networkInterfaces).toMatchObject([
      { name: 'bge1', primary: false, hostname: 'h1-backup', netmask: '255.255.255.128' },
      { name: 'bge0', primary: true, hostname: 'h1', protocolIpv6: true },
      { name: 'e1000g0', primary: false, dhcp: true },
    ])
  })

  test('refuses an interface called PRIMARY among several', () => {
    const interfaces = [bge0, { ...bge0, name: 'PRIMARY' }]
    expect(() => render({ interfaces }, 's10u8')).toThrow(
      'interface 2 of 2 is called PRIMARY; several interfaces need a name each',
    )
  })

  test('masked shows no password', () => {
    const { text } = render(forms['ldap-and-registration-by-proxy'] ?? {}, 's10u11')
    expect(text).toContain('http_proxy_pw=secret')
    expect(maskSysidcfg(text)).not.toMatch(/secret|0123456789/)
  })
})
