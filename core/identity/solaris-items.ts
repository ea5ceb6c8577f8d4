// What Solaris 10 and illumos reset. Each item is the function of that name in finish-scripts/identity.sh: both belong together.
import type { PlannedZone } from '../plan/schema.ts'
import { commentsOf, withRootPassword, withTimezone } from './account-files.ts'
import type { Zoneroot } from './zoneroot.ts'

export function dropNodeName(root: Zoneroot): void {
  root.drop('etc/nodename')
}

export function writeNodeName(root: Zoneroot, { nodename }: PlannedZone): void {
  root.put('etc/nodename', 0o644, `${nodename}\n`)
}

export function dropInterfaces(root: Zoneroot): void {
  root.dropMatching('etc', 'hostname.*', 'hostname6.*', 'dhcp.*')
}

/** /etc/hosts is a link to it. */
export function defaultSolarisHosts(root: Zoneroot, { osFamily, nodename }: PlannedZone): void {
  if (!root.leadsToDirectory('etc/inet')) return
  const name = osFamily === 'illumos' ? ` ${nodename}` : ''
  root.put('etc/inet/hosts', 0o444, `::1\t\tlocalhost${name}\n127.0.0.1\tlocalhost loghost${name}\n`)
  root.drop('etc/inet/hosts.saved')
  if (root.isFile('etc/inet/ipnodes')) {
    root.put('etc/inet/ipnodes', 0o444, '::1\t\tlocalhost\n127.0.0.1\tlocalhost\n')
  }
}

/** Resets the hosts files of the transports that lead back to the host itself. */
export async function defaultTransportHosts(root: Zoneroot): Promise<void> {
  for (const transport of ['ticlts', 'ticots', 'ticotsord']) {
    const path = `etc/net/${transport}/hosts`
    if (root.isFile(path)) root.rewrite(path, commentsOf(await root.contents(path)))
  }
}

export function dropNetworkSettings(root: Zoneroot): void {
  root.drop('etc/defaultrouter', 'etc/inet/netmasks', 'etc/netmasks', 'etc/inet/static_routes')
  root.drop('etc/defaultdomain', 'etc/resolv.conf')
}

export function emptyLinkSettings(root: Zoneroot): void {
  root.empty('etc/ipadm/ipadm.conf', 'etc/dladm/datalink.conf')
}

export function dropSysidState(root: Zoneroot): void {
  root.drop('etc/.sysIDtool.state', 'etc/sysidcfg')
}

/** sysidtool runs at the next boot. */
export function unconfigure(root: Zoneroot): void {
  root.put('etc/.UNCONFIGURED', 0o644, '')
  root.put('reconfigure', 0o644, '')
}

/** The ssh service makes new ones when it finds none. */
export function dropSshHostKeys(root: Zoneroot): void {
  root.dropMatching('etc/ssh', 'ssh_host_*')
}

export function dropNameServiceCaches(root: Zoneroot): void {
  root.drop('var/yp/binding', 'var/nis/NIS_COLD_START', '.rootkey', 'etc/.rootkey')
  root.dropMatching('var/ldap', 'ldap_client_*', 'cachemgr.log')
}

export function dropServiceTags(root: Zoneroot): void {
  root.drop('var/sadm/servicetag/registry/servicetag.xml', 'etc/default/explorer')
}

/** core/hygiene/rules/traces.ts looks for the same. */
export function emptySolarisLogs(root: Zoneroot): void {
  root.dropMatching('var/adm', 'messages.[0-9]*')
  root.dropMatching('var/log', 'syslog.[0-9]*')
  root.dropMatching('var/svc/log', '*.log', '*.log.[0-9]*')
  root.emptyMatching('var/adm', 'messages*', 'wtmp*', 'utmp*', 'lastlog*', 'sulog*', 'loginlog*')
  root.emptyMatching('var/adm', 'aculog*', 'pacct*', 'vold.log*')
  root.emptyMatching('var/cron', 'log*', 'olog*')
  for (const directory of ['var/log', 'var/svc/log', 'var/adm/log', 'var/adm/sa', 'var/adm/exacct'])
    root.emptyBelow(directory)
  root.dropMatching('var/crash', '*')
}

export async function setSolarisTimezone(root: Zoneroot, { timezone }: PlannedZone): Promise<void> {
  if (!root.isFile('etc/default/init')) return
  root.rewrite('etc/default/init', withTimezone(await root.contents('etc/default/init'), timezone))
}

/**
 * What `zoneadm clone` does to a native zone before anything else gets at it, and attach does not: without root's password
 * sysidtool asks for one, and sysidcfg answers (zones.md 5.5, 7). The rest of `sys-unconfig` is in the list of identity.
 */
export async function clearRootPassword(root: Zoneroot): Promise<void> {
  if (root.isFile('etc/.UNCONFIGURED') || !root.isFile('etc/shadow')) return
  root.rewrite('etc/shadow', withRootPassword(await root.contents('etc/shadow'), ''))
}
