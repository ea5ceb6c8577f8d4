// All that the commands of a build are made of.
import type { Sha256 } from '../digest.ts'
import type { Host, OsRelease } from '../host.ts'
import type { OsFamily } from '../manifest.ts'
import type { BundledFile } from '../recipe/bundle.ts'
import type { Recipe } from '../recipe/schema.ts'
import type { Build } from './build.ts'

export interface BuildZone {
  name: string
  path: string
}

/** Where the zone of the origin's version is, on this build host. */
export interface OriginPlace {
  zone: BuildZone
  /** the packaged artifact it is to be made of first; absent: it is there */
  import?: PackagedTree
  /** `dataset@zoneflash-VERSION`, where ZFS has it: a clone of that can be sent as an increment */
  snapshot?: string
}

/** A packaged version on its way to a zonepath. */
export interface PackagedTree {
  sha256: Sha256
  format: 'zfs' | 'tar' | 'cpio'
  layout: 'zonepath' | 'zoneroot'
  /** for a tree that brings no SUNWdetached.xml */
  detachedXml: string
  /** for people: `web@1 as zfs` */
  what: string
}

export interface BuildPlan {
  template: string
  version: string
  recipe: Recipe
  files: readonly BundledFile[]
  family: OsFamily
  release: OsRelease
  golden: BuildZone
  proof: BuildZone
  clone: BuildZone
  /** of the build on its host; nobody but root looks into it */
  directory: string
  origin: OriginPlace | undefined
  /** the name and place that the origin's zone has where it was not made here */
  imported: BuildZone | undefined
  packaged: PackagedTree | undefined
}

type Inputs = Pick<Build, 'template' | 'version' | 'zone' | 'inputs'>

const DEFAULT_ZONES_ROOT = '/zones'

export function zonesRootOf({ builds }: Pick<Host, 'builds'>): string {
  return builds?.zonesRoot ?? DEFAULT_ZONES_ROOT
}

export function makeBuildPlan(
  { template, version, zone, inputs }: Inputs,
  { recipe, files }: { recipe: Recipe; files: readonly BundledFile[] },
  host: Pick<Host, 'builds' | 'release'>,
): BuildPlan {
  const place = (name: string): BuildZone => ({ name, path: `${zonesRootOf(host)}/${name}` })
  return {
    template,
    version,
    recipe,
    files,
    family: recipe.osFamily,
    release: host.release,
    golden: place(zone),
    proof: place(`${zone}-proof`),
    clone: place(`${zone}-clone`),
    directory: `/var/zoneflash/build/${zone}`,
    origin: undefined,
    imported: inputs.origin && importedZone(inputs.origin, host),
    packaged: undefined,
  }
}

/** The zone that an origin's packaged version becomes on a build host which has not made it. */
export function importedZone(
  origin: { template: string; sha256: Sha256 },
  host: Pick<Host, 'builds'>,
): BuildZone {
  const name = importedName(origin)
  return { name, path: `${zonesRootOf(host)}/${name}` }
}

/** `sha256`: of the version's first artifact. */
export function importedName({ template, sha256 }: { template: string; sha256: Sha256 }): string {
  return `${template}-o${sha256.slice(0, 8)}`
}
