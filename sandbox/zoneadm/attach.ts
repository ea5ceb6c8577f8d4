// zoneadm attach: makes a detached zone's tree an installed zone of this host (zones.md 4).
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { OsRelease } from '#core/host.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import { hasManifest, readManifest, retireManifest } from './detached-manifest.ts'
import { complain, FailedPlainly, Refused, WrongUsage } from './failure.ts'
import { compareInventory } from './inventory.ts'
import { noOperands, readOptions } from './options.ts'
import { isSolaris10, releaseHas } from './release.ts'
import { networkWarnings, resourceFaults, verifyZone } from './verify.ts'
import { brandOf, isLx, type ZonesHost } from './zones-host.ts'

function usageOf(release: OsRelease): string {
  if (!isSolaris10(release)) return 'attach [-F] [-n path] [brand-specific args]'
  if (releaseHas(release, 's10u7')) return 'attach [-F] [-n path] [-u] [-b patchid]... [-U]'
  return releaseHas(release, 's10u6') ? 'attach [-F] [-n path] [-u]' : 'attach [-F] [-n path]'
}

interface AttachOptions {
  force: boolean
  /** of a dry run */
  file: string | undefined
}

function readAttachOptions(release: OsRelease, args: readonly string[]): AttachOptions {
  const usage = usageOf(release)
  const hasBackout = releaseHas(release, 's10u7')
  const options = noOperands(
    readOptions(args, {
      flags: `F${releaseHas(release, 's10u6') ? 'u' : ''}${hasBackout ? 'U' : ''}`,
      values: hasBackout ? 'nb' : 'n',
      usage,
    }),
    usage,
  )
  // up to 10/08 only the first option was looked at; a second one is a usage error (zones.md 1.5)
  if (!hasBackout && args.filter((word) => /^-./.test(word)).length > 1) throw new WrongUsage(usage)
  const force = options.flags.has('F')
  const file = options.values.get('n')?.[0]
  if (file !== undefined && options.flags.has('u'))
    throw new Refused('-n and -u flags are mutually exclusive')
  if (file !== undefined && force) throw new Refused('-F and -n flags are mutually exclusive')
  return { force, file }
}

/** Whether the arguments ask for a dry run, for which no zone need exist. */
export function isDryAttach(args: readonly string[]): boolean {
  return args.some((word) => word.startsWith('-n'))
}

export function attach(host: ZonesHost, name: string, args: readonly string[]): void {
  const { force, file } = readAttachOptions(host.release, args)
  if (file !== undefined) {
    dryRun(file)
    return
  }
  const config = host.store.readConfig(name)
  verifyZone(host, config, true)
  if (!force) checkSoftware(host.release, config)
  if (!isLx(config) && !force) rmSync(path.join(config.zonepath, 'dev'), { recursive: true, force: true })
  retireManifest(config.zonepath, force)
  host.store.setState(name, 'installed')
}

function checkSoftware(release: OsRelease, config: ZoneConfig): void {
  if (!hasManifest(config.zonepath)) {
    if (!releaseHas(release, 's10u6')) throw new Refused('Not a detached zone')
    if (isLx(config)) throw new Refused('Not a detached zone.')
    complain(
      `zoneadm: zone '${config.name}': The zone was not properly detached.\n\tAttempting to attach anyway.`,
    )
    return
  }
  const manifest = readDetached(config)
  const [theirs, ours] = [brandOf(manifest), brandOf(config)]
  if (theirs !== ours) throw new Refused(`Trying to attach a '${theirs}' zone to a '${ours}' configuration.`)
  refuseDifferences(compareInventory(manifest))
}

function readDetached(config: ZoneConfig): ZoneConfig {
  try {
    return readManifest(config.zonepath)
  } catch (error) {
    if (error instanceof ProvisionError) {
      throw new Refused('Cannot attach to an earlier release of the operating system', { cause: error })
    }
    throw error
  }
}

/** `attach -n FILE`: what attach would say of the zone whose manifest this is. */
function dryRun(file: string): void {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch {
    throw new Refused(`could not open ${file}`)
  }
  let manifest: ZoneConfig
  try {
    manifest = parseZoneXml(text)
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    throw new Refused(file === '-' ? 'Input is not a valid XML file' : `${file} is not an XML file`, {
      cause: error,
    })
  }
  for (const warning of networkWarnings(manifest)) complain(warning)
  refuseDifferences([...resourceFaults(manifest), ...compareInventory(manifest)])
}

function refuseDifferences(lines: readonly string[]): void {
  for (const line of lines) complain(line)
  if (lines.length > 0) throw new FailedPlainly()
}
