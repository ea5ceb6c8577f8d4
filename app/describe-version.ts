// Builds a version's manifest from what the uploader says and what the archive's SUNWdetached.xml holds.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { OsRelease } from '#core/host.ts'
import { Manifest, type Artifact, type OsFamily, type VersionFacts } from '#core/manifest.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import { exportCommands } from '#core/zone/export.ts'
import { inventoryOf } from '#core/zone/inventory.ts'
import { parseZoneXml } from '#core/zone/xml.ts'

/** What is known of a version once its artifact has been read. */
export interface VersionFindings {
  template: string
  version: string
  /** what the uploader says wins over what the archive says */
  facts: VersionFacts
  artifact: Artifact
  detachedXml: string | undefined
  origin: Manifest['origin']
  createdBy: string
  createdAt: Date
}

/** @throws BrandMissing, ZoneXmlInvalid, InvalidManifest */
export function describeVersion(findings: VersionFindings): Manifest {
  const { facts, detachedXml, origin } = findings
  const config = detachedXml === undefined ? undefined : parseZoneXml(detachedXml)
  const brand = facts.brand ?? (config && brandOfDocument(config, facts.osFamily))
  if (brand === undefined) {
    throw new ProvisionError(
      'invalid',
      'BrandMissing',
      `${findings.template} comes without SUNWdetached.xml, expected its brand to be given, e.g. lx or native`,
    )
  }
  const osFamily = facts.osFamily ?? familyOfBrand(brand)
  const zonecfg = facts.zonecfg ?? (config && exportText(config, osFamily, facts.osRelease))
  const inventory = config && inventoryOf(config)
  const parsed = Manifest.safeParse({
    template: findings.template,
    version: findings.version,
    brand,
    osFamily,
    artifacts: [findings.artifact],
    madeBy: 'upload',
    createdBy: findings.createdBy,
    createdAt: findings.createdAt.toISOString(),
    ...(facts.osRelease !== undefined && { osRelease: facts.osRelease }),
    ...(facts.arch !== undefined && { arch: facts.arch }),
    ...(facts.notes !== undefined && { notes: facts.notes }),
    ...(zonecfg !== undefined && { zonecfg }),
    ...(inventory && inventory.length > 0 && { inventory }),
    ...(origin && { origin }),
  })
  if (parsed.success) return parsed.data
  throw new ProvisionError('invalid', 'InvalidManifest', z.prettifyError(parsed.error))
}

/** An empty brand is native on Solaris 10 and ipkg on illumos; only the former writes an inventory. */
function brandOfDocument(config: ZoneConfig, family: OsFamily | undefined): string {
  if (config.properties.brand) return config.properties.brand
  return family === 'illumos' ? 'ipkg' : 'native'
}

function familyOfBrand(brand: string): OsFamily {
  if (brand === 'lx') return 'linux'
  return ['native', 'solaris8', 'solaris9', 'solaris10', 'cluster'].includes(brand) ? 'solaris10' : 'illumos'
}

/** The configuration as commands that zonecfg takes again. */
function exportText(config: ZoneConfig, family: OsFamily, osRelease: string | undefined): string {
  const named = OsRelease.safeParse(osRelease)
  const newest = family === 'solaris10' ? 's10u11' : 'illumos'
  return exportCommands(config, { release: named.success ? named.data : newest, replayable: true })
}
