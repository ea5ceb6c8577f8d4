// Judges one zone of a system that is to be archived, row by row of zones.md 8.1.
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from '../zone/config.ts'
import { brandOf } from '../zone/releases.ts'
import { resourcesOf, type ZoneResource } from '../zone/resources.ts'
import type { ArchiveRow, ZoneFinding } from './finding.ts'
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

interface AssessedConfig {
  config: ZoneConfig
  zone: SurveyedZone
  host: AssessedHost
}

type AddFinding = (row: ArchiveRow, severity: ZoneFinding['severity'], what: string, advice: string) => void

/** In the order of the configuration; a zone whose configuration cannot be read is judged by its zonepath alone. */
export function assessZone(zone: SurveyedZone, host: AssessedHost): ZoneFinding[] {
  const findings: ZoneFinding[] = []
  const add: AddFinding = (row, severity, what, advice) =>
    findings.push({ zone: zone.name, row, severity, what, advice })
  assessPlace(zone, host, add)
  const config = readCaptured(zone, host.release)
  if ('problem' in config) {
    add('configuration', 'refusal', config.problem, 'it travels as it is, but cannot be mapped: look at it')
    return findings
  }
  for (const assess of assessments) assess({ config, zone, host }, add)
  return findings
}

function assessPlace(
  { state, zonepath }: SurveyedZone,
  { mounts, excluded }: AssessedHost,
  add: AddFinding,
): void {
  if (state === 'incomplete')
    add('incomplete', 'refusal', 'it is incomplete', 'uninstall it or install it again first')
  if (!/^(\/[A-Za-z0-9._-]+)+$/.test(zonepath))
    add(
      'zonepath',
      'refusal',
      `its zonepath is ${JSON.stringify(zonepath)}, expected letters, digits, ".", "_" and "-"`,
      'move it with zoneadm move first',
    )
  if (state === 'configured') return
  const mount = mountOf(zonepath, mounts)
  if (mount && /^(nfs[0-9]?|autofs|cachefs)$/.test(mount.type))
    add(
      'nfs-zonepath',
      'refusal',
      `its zonepath ${zonepath} is on ${mount.special}, mounted by ${mount.type}`,
      'a zone cannot be there: move it to a local disk',
    )
  // the root is a file system of the other host's own
  if (mount && mount.directory !== '/' && isMetadevice(mount.special))
    add(
      'svm',
      'warning',
      `its zonepath ${zonepath} is on the volume ${mount.special}, mounted on ${mount.directory}`,
      'an installer makes no volumes: the other host needs a file system there, or room for it in the root',
    )
  const left = excluded.find((directory) => isWithin(zonepath, directory))
  if (left !== undefined)
    add('zonepath', 'refusal', `its zonepath ${zonepath} is below the excluded ${left}`, 'do not exclude it')
}

/** One kind of resource each, in the order in which they are listed. */
const assessments: readonly ((about: AssessedConfig, add: AddFinding) => void)[] = [
  assessNets,
  assessFileSystems,
  assessDevices,
  assessDatasets,
  assessBrand,
  assessAutoboot,
]

function assessNets({ config }: AssessedConfig, add: AddFinding): void {
  for (const { values } of resourcesOf(config, 'net'))
    add(
      'net',
      'warning',
      `interface ${values['physical']}${values['address'] ? ` with ${values['address']}` : ''}`,
      'where interfaces have other names, map it: --map OLD=NEW',
    )
}

function assessFileSystems({ config, zone, host }: AssessedConfig, add: AddFinding): void {
  for (const fs of resourcesOf(config, 'fs')) assessFs(fs, zone, host, add)
}

function assessDevices({ config }: AssessedConfig, add: AddFinding): void {
  for (const { values } of resourcesOf(config, 'device'))
    if (isMetadevice(values['match'] ?? '')) addMetadevice(values['match'] ?? '', 'device', add)
    else
      add(
        'device',
        'refusal',
        `device ${values['match']}`,
        'it works on identical hardware only: remove it, or allow it and look after it on the other host',
      )
}

function assessDatasets({ config }: AssessedConfig, add: AddFinding): void {
  for (const { values } of resourcesOf(config, 'dataset'))
    add(
      'dataset',
      'refusal',
      `delegated dataset ${values['name']}`,
      'its files are not in the archive: send it by itself, and make it on the other host before the restore',
    )
}

function assessBrand({ config, zone, host }: AssessedConfig, add: AddFinding): void {
  const brand = brandOf(config, host.release)
  if (zone.state !== 'configured' && ['ipkg', 'lipkg', 'nlipkg', 'sparse', 'pkgsrc'].includes(brand))
    add(
      'zonepath-dataset',
      'refusal',
      `brand ${brand} attaches only what lies in datasets of its own`,
      'send the zonepath with zfs send -R, or package the zone by itself',
    )
}

function assessAutoboot({ config }: AssessedConfig, add: AddFinding): void {
  if (config.autoboot && resourcesOf(config, 'net').length > 0)
    add(
      'autoboot',
      'warning',
      'autoboot=true and a configuration that may need a fix-up',
      'it boots when the restore has mapped and attached it, not before',
    )
}

function assessFs({ values }: ZoneResource, zone: SurveyedZone, host: AssessedHost, add: AddFinding): void {
  const { dir = '', special = '', type = '' } = values
  if (isMetadevice(special)) return addMetadevice(special, `fs ${dir}`, add)
  if (type === 'lofs') {
    const { mounts, excluded } = host
    const isHere = !excluded.some((directory) => isWithin(special, directory))
    const mount = mountOf(special, mounts)
    const where = isHere ? `, which is on ${mount?.special ?? 'no file system'}` : ', which is not archived'
    return add(
      'lofs',
      'warning',
      `fs ${dir} shows ${special}${where}`,
      'that directory must exist on the other host before the zone is attached',
    )
  }
  if (type === 'nfs' || type === 'proc' || type === 'tmpfs') return
  const mounted = host.mounts.find((mount) => mount.special === special)
  const row = type === 'ufs' ? 'ufs' : 'private-fs'
  const what = `fs ${dir} is ${special} (${type})`
  if (!mounted || (isWithin(mounted.directory, zone.zonepath) && zone.state !== 'configured')) {
    add(
      row,
      'refusal',
      `${what}, which is not mounted once the zone is halted`,
      'mount it outside the zonepath while the archive is made, or allow it: its files are not in the archive then',
    )
    return
  }
  add(
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

function addMetadevice(special: string, what: string, add: AddFinding): void {
  add(
    'svm',
    'refusal',
    `${what} is the volume ${special}`,
    'an installer makes no volumes: make it on the other host yourself, or take it out of the configuration',
  )
}
