// Writes the sysidcfg file that lets a first boot pass without questions (zones.md 6.3).
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import { knowsKeyword } from './keywords.ts'
import type { SysidSettings } from './settings.ts'

/** An interface that the system itself configures: an exclusive-IP zone or a whole host. */
export interface SysidInterface {
  /** e.g. `bge0`; PRIMARY when it is the only one and has no name */
  name?: string
  /** of several: the one whose name the host has; none says so: the first */
  primary?: boolean
  /** of one that is not primary, which has none by default */
  hostname?: string
  /** absent: dhcp */
  address?: { ip: string; netmask: string; defaultRoute?: string }
  ipv6?: boolean
}

export interface SysidcfgTarget {
  /** one DNS label */
  hostname: string
  release: OsRelease
  /** absent or empty: shared IP, where the host plumbs the interfaces and only the hostname matters */
  net?: readonly SysidInterface[]
}

export interface RenderedSysidcfg {
  text: string
  /** empty files below the root that answer what the release has no keyword for */
  touch: string[]
}

/** @throws SysidcfgValue for a hostname that no host can have, or an interface without a name among several */
export function renderSysidcfg(settings: SysidSettings, target: SysidcfgTarget): RenderedSysidcfg {
  const { release } = target
  const lines = [
    item('system_locale', settings.systemLocale),
    item('terminal', settings.terminal),
    ...networkInterfaces(target),
    nameService(settings.nameService),
    securityPolicy(settings.securityPolicy),
    item('timezone', settings.timezone),
    item('root_password', settings.rootPassword),
  ]
  const touch: string[] = []
  if (knowsKeyword('nfs4_domain', release)) lines.push(item('nfs4_domain', settings.nfs4Domain))
  else touch.push('etc/.NFS4inst_state.domain')
  if (knowsKeyword('auto_reg', release)) lines.push(autoReg(settings.autoReg))
  if (settings.timeserver !== undefined) lines.push(item('timeserver', settings.timeserver))
  if (settings.keyboard !== undefined) lines.push(item('keyboard', settings.keyboard))
  if (settings.serviceProfile !== undefined) lines.push(item('service_profile', settings.serviceProfile))
  return { text: `${lines.join('\n')}\n`, touch }
}

/** The file for reading: hashes and passwords are hidden. Made for what renderSysidcfg writes. */
export function maskSysidcfg(text: string): string {
  return text.replaceAll(
    /\b(root_password|proxy_password|oracle_pw|http_proxy_pw)=("[^"\n]*"|'[^'\n]*'|[^\s{}]+)/g,
    '$1=****',
  )
}

function item(keyword: string, value: string): string {
  return `${keyword}=${quote(value)}`
}

/** Quotes unless the value is plain beyond doubt. @throws SysidcfgValue for what no quotes can hold */
function quote(value: string): string {
  if (/^[A-Za-z0-9_./:-]+$/.test(value)) return value
  const mark = value.includes('"') ? "'" : '"'
  if (value === '' || value.includes(mark) || /[\p{Cc}\p{Cs}]/u.test(value)) {
    throw new ProvisionError(
      'invalid',
      'SysidcfgValue',
      `sysidcfg value is ${JSON.stringify(value)}, expected text that quotes can hold`,
    )
  }
  return mark + value + mark
}

const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

function networkInterfaces({ hostname, net = [] }: SysidcfgTarget): string[] {
  if (!label.test(hostname)) {
    throw new ProvisionError(
      'invalid',
      'SysidcfgValue',
      `hostname is ${JSON.stringify(hostname)}, expected one DNS label of at most 63 characters`,
    )
  }
  if (net.length === 0) return [`network_interface=PRIMARY { hostname=${hostname} }`]
  const marked = net.findIndex((one) => one.primary === true)
  const main = Math.max(0, marked)
  return net.map(({ name, hostname: own, address, ipv6 = false }, index) => {
    if (net.length > 1 && (name === undefined || /^(PRIMARY|NONE)$/i.test(name))) {
      throw new ProvisionError(
        'invalid',
        'SysidcfgValue',
        `interface ${index + 1} of ${net.length} is called ${name ?? 'nothing'}; several interfaces need a name each`,
      )
    }
    const subs = net.length > 1 && index === main ? ['primary'] : []
    if (address) {
      const called = index === main ? hostname : own
      if (called !== undefined) subs.push(`hostname=${quote(called)}`)
      subs.push(`ip_address=${quote(address.ip)}`, `netmask=${quote(address.netmask)}`)
      subs.push(
        `protocol_ipv6=${ipv6 ? 'yes' : 'no'}`,
        `default_route=${quote(address.defaultRoute ?? 'NONE')}`,
      )
    } else {
      subs.push('dhcp', `protocol_ipv6=${ipv6 ? 'yes' : 'no'}`)
    }
    return `network_interface=${quote(name ?? 'PRIMARY')} { ${subs.join(' ')} }`
  })
}

function nameService(service: SysidSettings['nameService']): string {
  switch (service.kind) {
    case 'NONE':
      return 'name_service=NONE'
    case 'NIS':
    case 'NIS+': {
      const { host, address } = service.nameServer
      return braces(item('name_service', service.kind), [
        item('domain_name', service.domainName),
        // the parentheses are part of the syntax, outside of any quotes
        `name_server=${quote(host)}(${address})`,
      ])
    }
    case 'DNS':
      return braces('name_service=DNS', [
        item('domain_name', service.domainName),
        `name_server=${service.nameServers.join(',')}`,
        ...(service.search.length > 0 ? [list('search', service.search)] : []),
      ])
    case 'LDAP':
      return braces('name_service=LDAP', [
        item('domain_name', service.domainName),
        item('profile', service.profile),
        item('profile_server', service.profileServer),
        // quotes are required, also around a plain word
        ...(service.proxyDn === undefined ? [] : [`proxy_dn="${service.proxyDn}"`]),
        ...(service.proxyPassword === undefined ? [] : [item('proxy_password', service.proxyPassword)]),
      ])
  }
}

function securityPolicy(policy: SysidSettings['securityPolicy']): string {
  if (policy.kind === 'NONE') return 'security_policy=NONE'
  return braces('security_policy=kerberos', [
    item('default_realm', policy.defaultRealm),
    item('admin_server', policy.adminServer),
    list('kdc', policy.kdc),
  ])
}

function autoReg(given: SysidSettings['autoReg']): string {
  if (typeof given === 'string') return item('auto_reg', given)
  const subs = [item('oracle_user', given.oracleUser), item('oracle_pw', given.oraclePassword)]
  if (given.kind === 'all') {
    subs.push(item('http_proxy_host', given.httpProxyHost), `http_proxy_port=${given.httpProxyPort}`)
    if (given.httpProxyUser !== undefined) subs.push(item('http_proxy_user', given.httpProxyUser))
    if (given.httpProxyPassword !== undefined) subs.push(item('http_proxy_pw', given.httpProxyPassword))
  }
  return braces(`auto_reg=${given.kind}`, subs)
}

/** A comma list stands bare when its members are plain, else quoted as a whole. */
function list(keyword: string, members: readonly string[]): string {
  const text = members.join(',')
  return /^[A-Za-z0-9_./:,-]+$/.test(text) ? `${keyword}=${text}` : item(keyword, text)
}

function braces(head: string, subs: readonly string[]): string {
  return `${head} {\n  ${subs.join('\n  ')}\n}`
}
