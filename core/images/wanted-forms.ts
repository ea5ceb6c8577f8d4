// The forms that a version still lacks for the clients its template is open to.
import type { ConversionTarget } from '../conversion/target.ts'
import type { Client } from '../client.ts'
import type { ArchiveLayout } from '../manifest.ts'
import { catalogueFile } from './catalogue.ts'
import { chooseStream, type FindSource } from './choose.ts'
import type { ImageSource } from './source.ts'

export interface WantedImageForm {
  to: ConversionTarget
  layout?: ArchiveLayout
}

/** gzip: every client unpacks it, and it takes a fraction of the time that xz does. */
export function wantedForms(
  source: ImageSource,
  clients: readonly Client[],
  find: FindSource,
): WantedImageForm[] {
  const lacks = (layout: ArchiveLayout) => chooseStream(source, layout, find) === undefined
  const wanted: WantedImageForm[] = []
  if (source.isDisabled) return wanted
  if (clients.includes('imgadm') && lacks(source.layout)) wanted.push({ to: 'zfs.gz', layout: source.layout })
  if (!clients.includes('zadm')) return wanted
  if (catalogueFile(source)) return wanted
  if (source.brand === 'lx') wanted.push({ to: 'tar.gz' })
  else if (source.osFamily === 'illumos') wanted.push({ to: 'zfs.gz', layout: 'zoneroot' })
  return wanted
}
