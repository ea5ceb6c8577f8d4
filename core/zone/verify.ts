// What verify and commit check of a whole configuration (zones.md 2.6).
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from './config.ts'
import { strerror } from './language/messages.ts'
import { brandOf, brandsOf, ipTypeOf, isAvailable } from './releases.ts'
import { resourceKinds, resourceRule, resourcesOf, type ResourceKind } from './resources.ts'
import { isDatasetName } from './value-checks.ts'

export interface VerifyResult {
  /** lines to print, in order */
  complaints: string[]
  /** the reason after the zone's name; undefined when the configuration is good */
  reason: string | undefined
}

/** Checks a configuration as far as that goes without looking at the host. */
export function verifyConfig(config: ZoneConfig, release: OsRelease): VerifyResult {
  const complaints: string[] = []
  let reason: string | undefined
  const refuse = (complaint: string, because: string) => {
    complaints.push(complaint)
    reason ??= because
  }
  if (config.zonepath === '') refuse('zonepath cannot be empty.', strerror.requiredResource)
  if (!brandsOf(release).includes(brandOf(config, release))) {
    refuse(`${config.name}: unknown brand.`, strerror.invalidDocument)
  }
  for (const kind of resourceKinds) {
    const found = resourcesOf(config, kind)
    if (found.length > 0 && !isAvailable(resourceRule(kind).available, release)) {
      refuse(`${kind}: ${strerror.noResourceType}`, strerror.noResourceType)
    }
    for (const { values, limits } of found) {
      for (const { name, required } of resourceRule(kind).properties) {
        if (required && !values[name]) refuse(`${kind}: ${name} not specified`, strerror.requiredProperty)
      }
      if (kind === 'rctl' && limits.length === 0) {
        refuse('rctl: no value specified', strerror.requiredProperty)
      }
      if (kind === 'dataset' && !isDatasetName(values['name'] ?? '')) {
        refuse('dataset: name invalid', strerror.badProperty)
      }
    }
  }
  for (const complaint of checkNets(config, release)) {
    refuse(complaint, complaint.endsWith('not specified') ? strerror.requiredProperty : strerror.invalid)
  }
  for (const complaint of checkCpus(config)) refuse(complaint, strerror.incompatible)
  return { complaints, reason }
}

function checkNets(config: ZoneConfig, release: OsRelease): string[] {
  const ipType = ipTypeOf(config)
  const refused = (property: string, type: string) =>
    `net: ${property} cannot be specified for ${type} IP type`
  return resourcesOf(config, 'net').flatMap(({ values }) => {
    const complaints: string[] = []
    if (ipType === 'shared') {
      if (!values['address']) complaints.push('net: address not specified')
      if (values['allowed-address']) complaints.push(refused('allowed-address', 'a shared'))
      return complaints
    }
    if (values['address']) complaints.push(refused('address', 'an exclusive'))
    if (values['defrouter'] && release !== 'illumos') complaints.push(refused('defrouter', 'an exclusive'))
    else if (values['defrouter'] && !values['allowed-address']) {
      complaints.push('net: defrouter needs allowed-address, which is not specified')
    }
    return complaints
  })
}

function checkCpus(config: ZoneConfig): string[] {
  const has = (kind: ResourceKind) => resourcesOf(config, kind).length > 0
  const names = resourcesOf(config, 'rctl').map(({ values }) => values['name'])
  const complaints: string[] = []
  const dedicated = has('dedicated-cpu')
  const shares = names.includes('zone.cpu-shares')
  const scheduler = config.properties['scheduling-class'] ?? ''
  if (dedicated && shares) complaints.push('rctl zone.cpu-shares and dedicated-cpu are incompatible.')
  if (shares && scheduler !== '' && scheduler !== 'FSS') {
    complaints.push(`WARNING: rctl zone.cpu-shares and scheduling-class=${scheduler} are incompatible`)
  }
  if (dedicated && names.includes('zone.cpu-cap')) {
    complaints.push('rctl zone.cpu-cap and the dedicated-cpu are incompatible.')
  }
  return complaints
}
