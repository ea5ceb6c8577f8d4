// What the loader of a host that kayak installs is told (jumpstart.md 6.1).
import { z } from 'zod'
import { TemplateRef } from '../names.ts'
import type { BootMaterial } from './render.ts'
import type { BootSite } from './site.ts'

/** How kayak's medium is compressed. */
export const MediumCompression = z.enum(['xz', 'gz', 'bz2'])
export type MediumCompression = z.infer<typeof MediumCompression>

/** The medium of a template: `web@stable.zfs.xz`. */
export function mediumName(template: string, compression: MediumCompression): string {
  return `${template}.zfs.${compression}`
}

/** Undefined for what is no medium's name. */
export function parseMediumName(
  name: string,
): { reference: TemplateRef; compression: MediumCompression } | undefined {
  const [, template, suffix] = /^(.{1,128})\.zfs\.(.{2,3})$/.exec(name) ?? []
  const reference = TemplateRef.safeParse(template).data
  const compression = MediumCompression.safeParse(suffix).data
  return reference && compression && { reference, compression }
}

/** The media that a host is told of. */
export interface MediumNames {
  /** what this host was armed with */
  ofHost: string
  /** what any other host of its profile gets */
  ofProfile: string
}

/** Either line will do. */
export function renderKayakMaterial(site: BootSite, media: MediumNames): BootMaterial {
  return {
    files: [
      { name: 'boot/loader.conf.local, for this host alone', text: renderKayakLoader(site, media.ofHost) },
      {
        name: 'boot/loader.conf.local, for all hosts, where templates are open to kayak',
        text: renderOpenKayakLoader(site, media.ofProfile),
      },
    ],
    steps: ['put one of them into the TFTP directory of the loader', 'boot the host from the network'],
  }
}

/** For this host alone: its token is in the addresses. */
export function renderKayakLoader(site: Pick<BootSite, 'documents'>, medium: string): string {
  return loaderLine(site.documents, medium)
}

/** For every host that boots there: each is known by its MAC address, and templates have to be open to kayak. */
function renderOpenKayakLoader({ server }: Pick<BootSite, 'server'>, medium: string): string {
  return loaderLine(server, medium)
}

function loaderLine(base: string, medium: string): string {
  return `boot-args="-B install_media=${base}/kayak/media/${medium},install_config=${base}/kayak"\n`
}
