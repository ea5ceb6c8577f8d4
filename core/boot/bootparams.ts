// The line of /etc/bootparams for a SPARC host (jumpstart.md 3.3).
import { assertPlainServer, type BootSite } from './site.ts'

export function renderBootparams({
  host,
  boot,
  install,
  rootPath,
  mediaPath,
  sysid,
  jumpstart,
}: BootSite): string {
  const keys = [
    `root=${boot.name}:${rootPath}`,
    `install=${install.name}:${mediaPath}`,
    'boottype=:in',
    ...(sysid === undefined ? [] : [`sysid_config=${sysid}`]),
    ...(jumpstart === undefined ? [] : [`install_config=${jumpstart}`]),
    'rootopts=:rsize=8192',
  ]
  return `${host.name} ${keys.join(' ')}\n`
}

/** What to type at the PROM. @throws BootAddressNeeded, BootHttpNeeded where the configuration comes by HTTP */
export function promCommand(site: BootSite): string {
  if (site.jumpstart !== undefined) return 'boot net - install'
  assertPlainServer(site)
  return `boot net - install ${site.documents}/config.tar`
}
