// Builds a version's manifest from what the uploader says and what the archive's SUNWdetached.xml holds.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { refusal } from '#core/archive/refusals.ts'
import { isForMachine } from '#core/flar/template-facts.ts'
import { OsRelease } from '#core/host.ts'
import { familyOfRelease, Manifest, type Artifact, type OsFamily, type VersionFacts } from '#core/manifest.ts'
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

/** @throws BrandMissing, SystemLayout, SystemFamilyMissing, FlarInvalid, ZoneXmlInvalid, InvalidManifest */
export function describeVersion(findings: VersionFindings): Manifest {
  if (findings.facts.kind === 'system') return describeSystem(findings)
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
  return manifestOf(findings, {
    brand,
    osFamily,
    ...(zonecfg !== undefined && { zonecfg }),
    ...(inventory && inventory.length > 0 && { inventory }),
    ...(origin && { origin }),
  })
}

/**
 * The root of a global zone. Its brand is the one that zoneadm lists for it.
 * @throws SystemLayout, SystemFamilyMissing, FlarInvalid, InvalidManifest
 */
function describeSystem(findings: VersionFindings): Manifest {
  const { facts, artifact, template } = findings
  if (artifact.layout !== 'zoneroot') {
    const what =
      artifact.layout === undefined ? 'an increment or a layer' : 'a zonepath, with the zone below root/'
    throw new ProvisionError(
      'invalid',
      'SystemLayout',
      `${template} is a system, but this is ${what}: expected a full form of the root file system of a global zone`,
    )
  }
  const named = OsRelease.safeParse(facts.osRelease).data
  const osFamily = facts.osFamily ?? (named && familyOfRelease(named))
  if (osFamily === undefined || osFamily === 'linux') {
    const what =
      osFamily === undefined ? 'comes without its family of systems' : 'is a system of family linux'
    throw new ProvisionError(
      'invalid',
      'SystemFamilyMissing',
      `${template} ${what}, expected solaris10 or illumos`,
    )
  }
  refuseUninstallable(findings)
  const brand = facts.brand ?? (osFamily === 'solaris10' ? 'native' : 'ipkg')
  return manifestOf(findings, { kind: 'system', brand, osFamily })
}

/** Zones are made of such flash archives; but a system is there for the installer, which partitions the host and then refuses them. */
function refuseUninstallable({ template, facts: { arch }, artifact: { flar } }: VersionFindings): void {
  if (flar?.hidesCompression) {
    throw refusal(
      'FlarInvalid',
      `the identification has no files_compressed_method, without which no installer extracts ${template}: flar split it, add the line files_compressed_method=${flar.payloadCompression} to identification, flar combine`,
    )
  }
  if (flar && arch !== undefined && !isForMachine(flar.architectures, arch)) {
    throw refusal(
      'FlarInvalid',
      `content_architectures is ${flar.architectures.join(',')}, but ${template} is said to be for ${arch}: an installer wants its own machine there`,
    )
  }
}

function manifestOf(
  findings: VersionFindings,
  more: Pick<Manifest, 'brand' | 'osFamily'> & Partial<Manifest>,
): Manifest {
  const { facts } = findings
  const parsed = Manifest.safeParse({
    template: findings.template,
    version: findings.version,
    artifacts: [findings.artifact],
    madeBy: 'upload',
    createdBy: findings.createdBy,
    createdAt: findings.createdAt.toISOString(),
    ...(facts.osRelease !== undefined && { osRelease: facts.osRelease }),
    ...(facts.arch !== undefined && { arch: facts.arch }),
    ...(facts.notes !== undefined && { notes: facts.notes }),
    ...more,
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
