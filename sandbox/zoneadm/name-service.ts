// What sysidtool makes of the name service that sysidcfg names (zones.md 6.2).
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ParsedSysidcfg } from '#core/sysidcfg/parse.ts'

type NameService = NonNullable<ParsedSysidcfg['nameService']>

/** Writes /etc/resolv.conf or /etc/defaultdomain, and takes the nsswitch.conf of the name service. */
export function configureNameService(root: string, { kind, subs }: NameService): void {
  const etc = (file: string) => path.join(root, 'etc', file)
  const domain = subs['domain_name'] ?? ''
  const servers = (subs['name_server'] ?? '').split(',').filter(Boolean)
  if (kind === 'DNS') {
    const search = (subs['search'] ?? '').split(',').filter(Boolean)
    const lines = [
      `domain ${domain}`,
      ...servers.map((server) => `nameserver ${server}`),
      ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ]
    writeFileSync(etc('resolv.conf'), `${lines.join('\n')}\n`)
  } else if (kind !== 'NONE') {
    writeFileSync(etc('defaultdomain'), `${domain}\n`)
  }
  if (kind === 'NIS' || kind === 'NIS+') bindNisServers(root, domain, servers)
  const variant = { NONE: 'files', DNS: 'dns', NIS: 'nis', 'NIS+': 'nisplus', LDAP: 'ldap' }[kind]
  if (existsSync(etc(`nsswitch.${variant}`))) copyFileSync(etc(`nsswitch.${variant}`), etc('nsswitch.conf'))
}

/** The servers that ypbind asks: the addresses of `host(address)`. */
function bindNisServers(root: string, domain: string, servers: readonly string[]): void {
  const directory = path.join(root, 'var/yp/binding', domain)
  mkdirSync(directory, { recursive: true })
  const addresses = servers.map((server) => server.replace(/^.*\((.*)\)$/, '$1'))
  writeFileSync(path.join(directory, 'ypservers'), addresses.map((address) => `${address}\n`).join(''))
}
