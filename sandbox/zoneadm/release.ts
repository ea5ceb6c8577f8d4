// What the releases of a zones host have, so that the rest asks for features by name (zones.md 0, 1.5).
import { OsRelease } from '#core/host.ts'

/** Whether `release` is `first` or a later one; illumos comes after every Solaris 10 release. */
export function releaseHas(release: OsRelease, first: OsRelease): boolean {
  return OsRelease.options.indexOf(release) >= OsRelease.options.indexOf(first)
}

export function isSolaris10(release: OsRelease): boolean {
  return release !== 'illumos'
}
