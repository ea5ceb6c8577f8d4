// Sets and clears the properties of a zone as a whole (zones.md 2.5).
import type { OsRelease } from '../../host.ts'
import type { RootAttribute, ZoneConfig } from '../config.ts'
import { globalProperties } from '../info.ts'
import { aliasRules, findAlias, isAliasBlocked, setAlias } from '../rctl-alias.ts'
import { defaultBrand, isAvailable } from '../releases.ts'
import { resourcesOf } from '../resources.ts'
import { aliasLimit, checkHostid, checkZonepath } from '../value-checks.ts'
import { strerror } from './messages.ts'
import { refuse, type Outcome } from './outcome.ts'

/** Whether a release knows the word as a global property. */
export function isGlobalProperty(name: string, release: OsRelease): boolean {
  const available = Object.hasOwn(globalProperties, name)
    ? globalProperties[name]?.available
    : Object.hasOwn(aliasRules, name) && aliasRules[name]?.global
  return available ? isAvailable(available, release) : false
}

/** `set NAME=VALUE`, except zonename. */
export function setGlobalProperty(
  config: ZoneConfig,
  name: string,
  value: string,
  release: OsRelease,
): Outcome<ZoneConfig> {
  if (Object.hasOwn(aliasRules, name)) return setAliasProperty(config, name, value)
  if (name === 'autoboot') {
    if (value !== 'true' && value !== 'false') return refuse("autoboot value must be 'true' or 'false'.")
    return { value: { ...config, autoboot: value === 'true' } }
  }
  if (name === 'zonepath') {
    const complaint = checkZonepath(value)
    return complaint === undefined ? { value: { ...config, zonepath: value } } : refuse(complaint)
  }
  const complaint = checkAttribute(config, name, value)
  if (complaint !== undefined) return refuse(complaint)
  // the default brand is stored as an empty attribute
  const stored = name === 'brand' && value === defaultBrand(release) ? '' : value
  return { value: withProperty(config, name as RootAttribute, stored) }
}

/** `clear NAME`. */
export function clearGlobalProperty(config: ZoneConfig, name: string): Outcome<ZoneConfig> {
  if (Object.hasOwn(aliasRules, name)) {
    if (isAliasBlocked(config, name)) return refuse(`clear ${name}: ${strerror.aliasBlocked}`)
    if (findAlias(config, name) === undefined) return refuse(`clear ${name}: ${strerror.noResource}`)
    return { value: setAlias(config, name, undefined) }
  }
  if (name === 'autoboot') return { value: { ...config, autoboot: false } }
  if (name === 'ip-type') return { value: withProperty(config, 'ip-type', 'shared') }
  if (name === 'zonename' || name === 'zonepath' || name === 'brand') {
    return refuse(`${name}: ${strerror.clearDisallowed}`)
  }
  return { value: withProperty(config, name as RootAttribute, '') }
}

function withProperty(config: ZoneConfig, name: RootAttribute, value: string): ZoneConfig {
  return { ...config, properties: { ...config.properties, [name]: value } }
}

function setAliasProperty(config: ZoneConfig, name: string, value: string): Outcome<ZoneConfig> {
  if (isAliasBlocked(config, name)) return refuse(`${name}: ${strerror.aliasBlocked}`)
  if (name === 'cpu-shares' && resourcesOf(config, 'dedicated-cpu').length > 0) {
    return refuse('The dedicated-cpu resource already exists.')
  }
  const checked = aliasLimit(name, value)
  return 'refusal' in checked ? refuse(checked.refusal) : { value: setAlias(config, name, checked.limit) }
}

function checkAttribute(config: ZoneConfig, name: string, value: string): string | undefined {
  if (name === 'ip-type' && value !== 'shared' && value !== 'exclusive') {
    return "ip-type value must be 'shared' or 'exclusive'."
  }
  if (name === 'hostid' && value !== '') return checkHostid(value)
  if (name !== 'pool') return undefined
  if (value.startsWith('SUNW')) return 'pool names starting with SUNW are reserved.'
  if (resourcesOf(config, 'dedicated-cpu').length === 0) return undefined
  return 'The dedicated-cpu resource already exists.  A persistent pool is incompatible\nwith the dedicated-cpu resource.'
}
