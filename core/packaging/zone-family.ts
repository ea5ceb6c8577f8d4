// Which kind of system a zone holds, from its brand and its host.
import type { OsRelease } from '../host.ts'
import type { OsFamily } from '../manifest.ts'

export function familyOfZone(brand: string, release: OsRelease): OsFamily {
  if (brand === 'lx') return 'linux'
  if (['solaris8', 'solaris9', 'solaris10'].includes(brand)) return 'solaris10'
  return release === 'illumos' ? 'illumos' : 'solaris10'
}

/** `debian-12` from the text of /etc/os-release; undefined when it does not say. */
export function parseOsRelease(text: string): string | undefined {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=["']?([A-Za-z0-9._-]+)["']?$`, 'm').exec(text)?.[1]
  const [id, version] = [value('ID'), value('VERSION_ID')]
  return id && version ? `${id}-${version}` : id
}
