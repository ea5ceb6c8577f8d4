// wanboot.conf and system.conf for an unsigned WAN boot (jumpstart.md 3.7).
import { assertPlainServer, type BootSite } from './site.ts'

type WanbootSite = Pick<BootSite, 'server' | 'documents' | 'wanbootFile' | 'minirootFile'>

/** Where wanboot-cgi is for this host: below its documents, so that its token comes with each request. */
export function wanbootUrl({ documents }: Pick<BootSite, 'documents'>): string {
  return `${documents}/cgi-bin/wanboot-cgi`
}

/** Names that are not known to it are an error for wanboot, and so is a signature without all that it needs. @throws BootAddressNeeded, BootHttpNeeded */
export function renderWanbootConf(site: WanbootSite): string {
  const root = `${documentsPath(site)}/wanboot`
  return [
    `boot_file=${root}/${site.wanbootFile}`,
    `root_server=${wanbootUrl(site)}`,
    `root_file=${root}/${site.minirootFile}`,
    'encryption_type=',
    'signature_type=',
    'client_authentication=no',
    'server_authentication=no',
    'resolve_hosts=',
    `boot_logger=${site.documents}/cgi-bin/bootlog-cgi`,
    'system_conf=system.conf',
    '',
  ].join('\n')
}

/** Directories whose files the installer asks for by name: sysidcfg; rules.ok and what it names. */
export function renderSystemConf({ documents }: Pick<BootSite, 'documents'>): string {
  return [`SsysidCF=${documents}`, `SjumpsCF=${documents}`, ''].join('\n')
}

/** What to type at the PROM, for one that finds its address by DHCP. @throws BootAddressNeeded, BootHttpNeeded */
export function wanbootCommands(site: BootSite): string[] {
  assertPlainServer(site)
  return [
    `setenv network-boot-arguments dhcp,hostname=${site.host.name},file=${wanbootUrl(site)}`,
    'boot net - install',
  ]
}

/** Paths in wanboot.conf begin at the top of the server. */
function documentsPath(site: WanbootSite): string {
  assertPlainServer(site)
  return site.documents.slice(site.server.length)
}
