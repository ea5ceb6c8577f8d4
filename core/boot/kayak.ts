/** What the loader of a host that kayak installs is told (jumpstart.md 6.1). */
import type { BootSite } from './site.ts'

/** The medium of a template: `web@stable.zfs.xz`. */
export function mediumName(template: string, compression: 'xz' | 'gz' | 'bz2'): string {
  return `${template}.zfs.${compression}`
}

/** For this host alone: its token is in the addresses. */
export function renderKayakLoader(site: Pick<BootSite, 'documents'>, medium: string): string {
  return loaderLine(site.documents, medium)
}

/** For every host that boots there: each is known by its MAC address, and templates have to be open to kayak. */
export function renderOpenKayakLoader({ server }: Pick<BootSite, 'server'>, medium: string): string {
  return loaderLine(server, medium)
}

function loaderLine(base: string, medium: string): string {
  return `boot-args="-B install_media=${base}/kayak/media/${medium},install_config=${base}/kayak"\n`
}

/** Reads a medium's name: the template, and how it is compressed. */
export const mediumPattern = /^(.{1,128})\.zfs\.(xz|gz|bz2)$/
