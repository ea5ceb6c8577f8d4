// What zonecfg knows in which release: brands, resources, properties (zones.md 0, 2.5 to 2.7).
import { isAtLeast, type OsRelease } from '../host.ts'
import type { ZoneConfig } from './config.ts'

/** From which Solaris 10 release, and whether on illumos, a word of the language exists. */
export interface Availability {
  /** first Solaris 10 release; `never` for illumos only */
  solaris10: OsRelease | 'never'
  illumos: boolean
}

export const everywhere: Availability = { solaris10: 's10u3', illumos: true }
export const illumosOnly: Availability = { solaris10: 'never', illumos: true }

export function since(solaris10: OsRelease): Availability {
  return { solaris10, illumos: true }
}

export function isAvailable({ solaris10, illumos }: Availability, release: OsRelease): boolean {
  if (release === 'illumos') return illumos
  if (solaris10 === 'never') return false
  return isAtLeast(release, solaris10)
}

const illumosBrands = [
  'ipkg',
  'lipkg',
  'nlipkg',
  'sparse',
  'pkgsrc',
  'illumos',
  'lx',
  'solaris10',
  'bhyve',
  'kvm',
  'emu',
  'joyent',
  'joyent-minimal',
]

/** Brands that a host of this release can run. Solaris 10 has had other brands than native since 8/07. */
export function brandsOf(release: OsRelease): readonly string[] {
  if (release === 'illumos') return illumosBrands
  return isAvailable(since('s10u4'), release)
    ? ['native', 'lx', 'solaris8', 'solaris9', 'cluster']
    : ['native']
}

/** The brand that an empty attribute means. */
export function defaultBrand(release: OsRelease): string {
  return release === 'illumos' ? 'ipkg' : 'native'
}

export function brandOf(config: ZoneConfig, release: OsRelease): string {
  return config.properties.brand || defaultBrand(release)
}

/** An absent ip-type reads as shared, in every release. */
export function ipTypeOf(config: ZoneConfig): 'shared' | 'exclusive' {
  return config.properties['ip-type'] === 'exclusive' ? 'exclusive' : 'shared'
}
