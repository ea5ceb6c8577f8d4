// What is known of a version before its archive is described: what the uploader says, and what the artifact says of itself.
import { OsRelease } from '#core/host.ts'
import { familyOfRelease, type OsFamily, type VersionFacts } from '#core/manifest.ts'

/**
 * The uploader's word counts. Brand and family of systems go together: neither is taken from an artifact that is contradicted in
 * the other, or that brings the configuration of a detached zone, which says both.
 */
export function withSaid(
  facts: VersionFacts,
  said: VersionFacts | undefined,
  detachedXml: string | undefined,
): VersionFacts {
  if (said === undefined) return facts
  const isContradicted =
    (facts.brand !== undefined && facts.brand !== said.brand) ||
    (facts.osFamily !== undefined && facts.osFamily !== said.osFamily) ||
    (familyOf(facts) ?? said.osFamily) !== said.osFamily
  const { brand: _brand, osFamily: _osFamily, zonecfg: _zonecfg, ...others } = said
  const base = detachedXml !== undefined || isContradicted ? others : said
  const isGiven = ([, value]: [string, unknown]) => value !== undefined
  return { ...base, ...Object.fromEntries(Object.entries(facts).filter(isGiven)) }
}

/** What the release says of the family, where it is one that hosts have. */
function familyOf({ osRelease }: VersionFacts): OsFamily | undefined {
  const release = OsRelease.safeParse(osRelease).data
  return release && familyOfRelease(release)
}
