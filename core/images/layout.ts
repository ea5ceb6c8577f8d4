import type { ArchiveLayout } from '../manifest.ts'

/**
 * What the top of a template's images is, when nobody said: `illumos` zones of OmniOS have their root file system there, what
 * SmartOS makes a zone of has it in `root/` (jumpstart.md 6.2.3).
 */
export function imageLayoutOf(
  { imageLayout }: { imageLayout?: ArchiveLayout | undefined },
  brand: string,
): ArchiveLayout {
  return imageLayout ?? (brand === 'illumos' ? 'zoneroot' : 'zonepath')
}
