/** Judges one zone of a system that is to be archived, row by row of zones.md 8.1. */
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from '../zone/config.ts'
import { brandOf } from '../zone/releases.ts'
import { resourcesOf, type ZoneResource } from '../zone/resources.ts'
import type { ArchiveRow, Finding } from './finding.ts'
import { isWithin, mountOf, type Mount } from './mounts.ts'
import { readCaptured } from './read-captured.ts'

/** A zone as its host shows it. */
export interface SurveyedZone {
  name: string
  /** of `zoneadm list` */
  state: string
  zonepath: string
  /** what zonecfg exports, as commands that zonecfg takes again */
  zonecfg: string
}

export interface AssessedHost {
  release: OsRelease
  mounts: readonly Mount[]
  /** directories that the archive does not have */
  excluded: readonly string[]
}

type Report = (row: ArchiveRow, severity: Finding['severity'], what: string, advice: string) => void

/** In the order of the configuration; a zone whose configuration cannot be read is judged by its zonepath alone. */
export function assessZone(zone: SurveyedZone, host: AssessedHost): Finding[] {
  const findings: Finding[] = []
  const report: Report = (row, severity, what, advice) =>
    findings.push({ zone: zone.name, row, severity, what, advice })
  assessPlace(zone, host, report)
  const config = readCaptured(zone, host.release)
  if ('problem' in config) {
    report(
      'configuration',
      'refusal',
      config.problem,
      'it travels as it is, but cannot be mapped: look at it',
    )
    return findings
  }
  assessConfig(config, zone, host, report)
  return findings
}

function assessPlace(
  { state, zonepath }: SurveyedZone,
  { mounts, excluded }: AssessedHost,
  report: Report,
): void {
  if (state === 'incomplete')
    report('incomplete', 'refusal', 'it is incomplete', 'uninstall it or install it again first')
  if (!/^(\/[A-Za-z0-9._-]+)+$/.test(zonepath))
    report(
      'zonepath',
      'refusal',
      `its zonepath is ${JSON.stringify(zonepath)}, expected letters, digits, ".", "_" and "-"`,
      'move it with zoneadm move first',
    )
  if (state === 'configured') return
  const mount = mountOf(zonepath, mounts)
  if (mount && /^(nfs[0-9]?|autofs|cachefs)$/.test(mount.type))
    report(
      'nfs-zonepath',
      'refusal',
      `its zonepath ${zonepath} is on ${mount.special}, mounted by ${mount.type}`,
      'a zone cannot be there: move it to a local disk',
    )
  // the root is a file system of the other host's own
  if (mount && mount.directory !== '/' && isMetadevice(mount.special))
    report(
      'svm',
      'warning',
      `its zonepath ${zonepath} is on the volume ${mount.special}, mounted on ${mount.directory}`,
      'an installer makes no volumes: the other host needs a file system there, or room for it in the root',
    )
  const left = excluded.find((directory) => isWithin(zonepath, directory))
  if (left !== undefined)
    report(
      'zonepath',
      'refusal',
      `its zonepath ${zonepath} is below the excluded ${left}`,
      'do not exclude it',
    )
}

function assessConfig(config: ZoneConfig, zone: SurveyedZone, host: AssessedHost, report: Report): void {
  const nets = resourcesOf(config, 'net')
  for (const { values } of nets)
    report(
      'net',
      'warning',
      `interface ${values['physical']}${values['address'] ? ` with ${values['address']}` : ''}`,
      'where interfaces have other names, map it: --map OLD=NEW',
    )
  for (const fs of resourcesOf(config, 'fs')) assessFs(fs, zone, host, report)
  for (const { values } of resourcesOf(config, 'device'))
    if (isMetadevice(values['match'] ?? '')) reportMetadevice(values['match'] ?? '', 'device', report)
    else
      report(
        'device',
        'refusal',
        `device ${values['match']}`,
        'it works on identical hardware only: remove it, or allow it and look after it on the other host',
      )
  for (const { values } of resourcesOf(config, 'dataset'))
    report(
      'dataset',
      'refusal',
      `delegated dataset ${values['name']}`,
      'its files are not in the archive: send it by itself, and make it on the other host before the restore',
    )
  const brand = brandOf(config, host.release)
  if (zone.state !== 'configured' && ['ipkg', 'lipkg', 'nlipkg', 'sparse', 'pkgsrc'].includes(brand))
    report(
      'zonepath-dataset',
      'refusal',
      `brand ${brand} attaches only what lies in datasets of its own`,
      'send the zonepath with zfs send -R, or package the zone by itself',
    )
  if (config.autoboot && nets.length > 0)
    report(
      'autoboot',
      'warning',
      'autoboot=true and a configuration that may need a fix-up',
      'it boots when the restore has mapped and attached it, not before',
    )
}

function assessFs({ values }: ZoneResource, zone: SurveyedZone, host: AssessedHost, report: Report): void {
  const { dir = '', special = '', type = '' } = values
  if (isMetadevice(special)) return reportMetadevice(special, `fs ${dir}`, report)
  if (type === 'lofs') {
    const { mounts, excluded } = host
    const isHere = !excluded.some((directory) => isWithin(special, directory))
    const mount = mountOf(special, mounts)
    const where = isHere ? `, which is on ${mount?.special ?? 'no file system'}` : ', which is not archived'
    return report(
      'lofs',
      'warning',
      `fs ${dir} shows ${special}${where}`,
      'that directory must exist on the other host before the zone is attached',
    )
  }
  if (type === 'nfs' || type === 'proc' || type === 'tmpfs') return
  const mounted = host.mounts.find((mount) => mount.special === special && type !== 'lofs')
  const row = type === 'ufs' ? 'ufs' : 'private-fs'
  const what = `fs ${dir} is ${special} (${type})`
  if (!mounted || (isWithin(mounted.directory, zone.zonepath) && zone.state !== 'configured')) {
    report(
      row,
      'refusal',
      `${what}, which is not mounted once the zone is halted`,
      'mount it outside the zonepath while the archive is made, or allow it: its files are not in the archive then',
    )
    return
  }
  report(
    row,
    'warning',
    `${what}, mounted on ${mounted.directory} here`,
    `on the other host the slice must exist, and its files be moved there from ${mounted.directory}`,
  )
}

/** Solaris Volume Manager's names. */
function isMetadevice(special: string): boolean {
  return /^\/dev\/md(\/|$)/.test(special)
}

function reportMetadevice(special: string, what: string, report: Report): void {
  report(
    'svm',
    'refusal',
    `${what} is the volume ${special}`,
    'an installer makes no volumes: make it on the other host yourself, or take it out of the configuration',
  )
}
