// What sysidtool would still ask on the console after it has read a file (zones.md 6.3).
import type { OsRelease } from '../host.ts'
import { knowsKeyword } from './keywords.ts'
import type { ParsedSysidcfg } from './parse.ts'

const always = [
  'system_locale',
  'terminal',
  'network_interface',
  'name_service',
  'security_policy',
  'timezone',
  'root_password',
]

/**
 * Keywords (or `keyword.sub`) that the file leaves open, so that the first boot waits for a person; empty: it is silent.
 * `existing` are files of the zoneroot that answer as well, such as `etc/.NFS4inst_state.domain`.
 */
export function openQuestions(
  parsed: ParsedSysidcfg,
  release: OsRelease,
  existing: ReadonlySet<string> = new Set(),
): string[] {
  const given = new Set(parsed.items.map((item) => item.keyword))
  const open = always.filter((keyword) => !given.has(keyword))
  if (knowsKeyword('auto_reg', release) && !given.has('auto_reg')) open.push('auto_reg')
  if (!given.has('nfs4_domain')) {
    const answered = !knowsKeyword('nfs4_domain', release) && existing.has('etc/.NFS4inst_state.domain')
    if (!answered) open.push('nfs4_domain')
  }
  if (given.has('root_password') && parsed.rootPassword === '') open.push('root_password')
  if (given.has('network_interface')) {
    const named = parsed.networkInterfaces.some((net) => net.hostname !== undefined || net.dhcp)
    if (!named) open.push('network_interface.hostname')
  }
  for (const sub of neededSubs(parsed)) open.push(sub)
  return open
}

function neededSubs({ nameService, securityPolicy }: ParsedSysidcfg): string[] {
  const needed: Record<string, readonly string[]> = {
    NIS: ['domain_name', 'name_server'],
    'NIS+': ['domain_name', 'name_server'],
    DNS: ['domain_name', 'name_server'],
    LDAP: ['domain_name', 'profile', 'profile_server'],
  }
  const missing = (needed[nameService?.kind ?? ''] ?? [])
    .filter((sub) => nameService?.subs[sub] === undefined)
    .map((sub) => `name_service.${sub}`)
  if (securityPolicy?.kind !== 'kerberos') return missing
  const kerberos = ['default_realm', 'admin_server', 'kdc'].filter(
    (sub) => securityPolicy.subs[sub] === undefined,
  )
  return [...missing, ...kerberos.map((sub) => `security_policy.${sub}`)]
}
