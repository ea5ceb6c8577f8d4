// Which keywords sysidcfg has, what their braces may hold, and from which release on (zones.md 6.2, 6.3).
import { isAtLeast, type OsRelease } from '../host.ts'

export interface Keyword {
  /** the values it takes, in lower case; absent: free text */
  values?: readonly string[]
  /** sub-keywords for each value in lower case; `*` is any other value */
  subs?: Readonly<Record<string, readonly string[]>>
  /** a comma list may stand without quotes */
  list?: boolean
  /** may be given more than once, each counts */
  repeats?: boolean
  /** the first release that knows it; earlier ones reject the whole file */
  since?: OsRelease
}

const registration = [
  'oracle_user',
  'oracle_pw',
  'http_proxy_host',
  'http_proxy_port',
  'http_proxy_user',
  'http_proxy_pw',
] as const

export const sysidcfgKeywords: Readonly<Record<string, Keyword>> = {
  name_service: {
    values: ['none', 'nis', 'nis+', 'dns', 'ldap'],
    subs: {
      nis: ['domain_name', 'name_server'],
      'nis+': ['domain_name', 'name_server'],
      dns: ['domain_name', 'name_server', 'search'],
      ldap: ['domain_name', 'profile', 'profile_server', 'proxy_dn', 'proxy_password'],
    },
  },
  network_interface: {
    repeats: true,
    subs: {
      none: ['hostname'],
      '*': ['primary', 'dhcp', 'hostname', 'ip_address', 'netmask', 'protocol_ipv6', 'default_route'],
    },
  },
  nfs4_domain: { since: 's10u4' },
  security_policy: {
    values: ['none', 'kerberos'],
    subs: { kerberos: ['default_realm', 'admin_server', 'kdc'] },
  },
  root_password: {},
  system_locale: {},
  terminal: {},
  timezone: {},
  timeserver: {},
  keyboard: {},
  service_profile: { values: ['limited_net', 'open'] },
  auto_reg: {
    values: ['disable', 'none', 'anon', 'noproxy', 'all'],
    subs: { noproxy: registration.slice(0, 2), all: registration },
    since: 's10u9',
  },
}

/** Sub-keywords whose value may be a bare comma list. */
export const listSubKeywords: ReadonlySet<string> = new Set(['name_server', 'search', 'kdc'])

/** Sub-keywords that stand alone, without a value. */
export const flagSubKeywords: ReadonlySet<string> = new Set(['primary', 'dhcp'])

/** Whether a zone of this release knows the keyword; illumos reads sysidcfg only for a Solaris 10 zone, as the last update does. */
export function knowsKeyword(name: string, release: OsRelease): boolean {
  const keyword = sysidcfgKeywords[name]
  if (!keyword) return false
  return keyword.since === undefined || isAtLeast(release, keyword.since)
}
