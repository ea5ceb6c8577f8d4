// What happens to one resource between `add` or `select` and `end` (zones.md 2.6).
import type { OsRelease } from '../../host.ts'
import type { ZoneConfig } from '../config.ts'
import { isAliasBlocked } from '../rctl-alias.ts'
import { ipTypeOf } from '../releases.ts'
import {
  addResource,
  propertiesOf,
  removeResource,
  resourceRule,
  resourcesOf,
  type ResourceKind,
  type RctlValue,
  type ZoneResource,
} from '../resources.ts'
import { checkAttr, isRctlValue, resourceValue } from '../value-checks.ts'
import { strerror } from './messages.ts'
import { noSuchProperty, refuse, simpleText, type Outcome } from './outcome.ts'
import type { ComplexValue, Value } from './parse-line.ts'

export interface ResourceScope {
  resource: ZoneResource
  /** the resource as it stands in the configuration, when it was selected */
  original: ZoneResource | undefined
}

/** Why a resource of this kind may not be added beside what there is. */
export function checkAddition(config: ZoneConfig, kind: ResourceKind): string | undefined {
  const has = (other: ResourceKind) => resourcesOf(config, other).length > 0
  if (kind === 'dedicated-cpu' || kind === 'capped-cpu') {
    for (const other of ['dedicated-cpu', 'capped-cpu'] as const) {
      if (has(other)) return `The ${other} resource already exists.`
    }
    if (isAliasBlocked(config, 'cpu-cap')) return `${kind}: ${strerror.aliasBlocked}`
  }
  if (kind === 'dedicated-cpu' && config.properties.pool) {
    return 'The pool property is already set.  A persistent pool is incompatible with\nthe dedicated-cpu resource.'
  }
  if (kind === 'capped-memory' && has(kind)) {
    return 'The capped-memory resource or a related resource control already exists.'
  }
  return kind === 'security-flags' && has(kind) ? 'The security-flags resource already exists.' : undefined
}

/** The resources that a selector picks; undefined properties match all. */
export function matching(
  config: ZoneConfig,
  kind: ResourceKind,
  selector: Record<string, string>,
): ZoneResource[] {
  return resourcesOf(config, kind).filter(({ values }) =>
    Object.entries(selector).every(([name, value]) => values[name] === value),
  )
}

/** `set PROPERTY=VALUE` in a resource. */
export function setInResource(
  resource: ZoneResource,
  name: string,
  value: Value | undefined,
  config: ZoneConfig,
  release: OsRelease,
): Outcome<ZoneResource> {
  const { kind } = resource
  if (!knows(kind, name, release)) return noSuchProperty(name, 'set')
  if (kind === 'fs' && name === 'options') return addInResource({ ...resource, options: [] }, name, value)
  if (kind === 'rctl' && name === 'value') return addInResource({ ...resource, limits: [] }, name, value)
  const text = simpleText(value)
  if ('refusals' in text) return text
  if (kind === 'capped-memory' && name !== 'physical') {
    const alias = name === 'swap' ? 'max-swap' : 'max-locked-memory'
    if (isAliasBlocked(config, alias)) return refuse(`${name}: ${strerror.aliasBlocked}`)
  }
  const checked = resourceValue(kind, name, text.value, ipTypeOf(config))
  if ('refusal' in checked) return refuse(checked.refusal)
  return { value: { ...resource, values: { ...resource.values, [name]: checked.keep } } }
}

/** `clear PROPERTY` in a resource. */
export function clearInResource(
  resource: ZoneResource,
  name: string,
  release: OsRelease,
): Outcome<ZoneResource> {
  const rule = propertiesOf(resource.kind, release).find((each) => each.name === name)
  if (!rule?.clearable) return refuse(`${name}: ${strerror.clearDisallowed}`)
  const { [name]: _cleared, ...values } = resource.values
  return { value: { ...resource, values } }
}

/** `add options VALUE` of an fs, `add value VALUE` of an rctl. */
export function addInResource(
  resource: ZoneResource,
  name: string,
  value: Value | undefined,
): Outcome<ZoneResource> {
  if (resource.kind === 'fs' && name === 'options') {
    const options = optionsIn(value)
    if (!options) return refuse('A simple or list value was expected here.')
    return { value: { ...resource, options: [...resource.options, ...options] } }
  }
  if (resource.kind !== 'rctl' || name !== 'value') return noSuchProperty(name, 'add')
  const limits: RctlValue[] = []
  const given = value?.kind === 'complex' ? [value.members] : value?.kind === 'list' ? value.items : undefined
  if (!given) return refuse('A complex or list value was expected here.')
  for (const members of given) {
    if (typeof members === 'string') return refuse('A complex or list value was expected here.')
    const limit = rctlValueOf(members)
    if ('refusals' in limit) return limit
    limits.push(limit.value)
  }
  return { value: { ...resource, limits: [...resource.limits, ...limits] } }
}

/** `remove options VALUE`, `remove value VALUE`, and `remove defrouter` as older scripts have it. */
export function removeInResource(
  resource: ZoneResource,
  name: string,
  value: Value | undefined,
  release: OsRelease,
): Outcome<ZoneResource> {
  if (resource.kind === 'fs' && name === 'options') {
    const gone = optionsIn(value)
    if (!gone) return refuse('A simple or list value was expected here.')
    if (!gone.every((option) => resource.options.includes(option))) {
      return refuse(`options: ${strerror.badProperty}`)
    }
    return { value: { ...resource, options: resource.options.filter((option) => !gone.includes(option)) } }
  }
  if (resource.kind === 'rctl' && name === 'value') {
    if (value?.kind !== 'complex') return refuse('A complex value was expected here.')
    const gone = Object.fromEntries(value.members)
    const kept = resource.limits.filter(
      ({ priv, limit, action }) =>
        !(priv === gone['priv'] && limit === gone['limit'] && action === gone['action']),
    )
    if (kept.length === resource.limits.length) return refuse(`value: ${strerror.badProperty}`)
    return { value: { ...resource, limits: kept } }
  }
  if (resource.kind === 'net' && name === 'defrouter') return clearInResource(resource, name, release)
  return noSuchProperty(name, 'remove')
}

/** `end`: the configuration with the resource in it; one that was selected moves to the end of the document. */
export function endResource(config: ZoneConfig, scope: ResourceScope): Outcome<ZoneConfig> {
  const { resource, original } = scope
  const refusals = [...missingProperties(resource), ...checkWhole(resource)]
  if (refusals.length > 0) return { refusals }
  const without = original ? removeResource(config, original) : config
  const { article, keys } = resourceRule(resource.kind)
  const twin = resourcesOf(without, resource.kind).some(({ values }) =>
    keys.every((key) => values[key] === resource.values[key]),
  )
  if (twin && keys.length > 0) {
    const which = keys.map((key) => `the ${key} '${resource.values[key] ?? ''}'`).join(', and ')
    const named = resource.kind === 'net' ? which.replace(', and the ', ', and ') : which
    return refuse(`${article} ${resource.kind} resource with ${named} already exists.`)
  }
  return { value: addResource(without, resource) }
}

function missingProperties({ kind, values, limits }: ZoneResource): string[] {
  const missing = resourceRule(kind)
    .properties.filter(({ name, required }) => required && !values[name])
    .map(({ name }) => `${name} not specified`)
  return kind === 'rctl' && limits.length === 0 ? [...missing, 'no value specified'] : missing
}

function checkWhole({ kind, values }: ZoneResource): string[] {
  const { dir, raw, name = '', type = '', value = '', physical, swap, locked } = values
  if (kind === 'fs' || kind === 'inherit-pkg-dir') {
    return Object.entries({ dir, raw }).flatMap(([property, path]) =>
      path && !path.startsWith('/') ? [`${property} ${path} is not an absolute path.`] : [],
    )
  }
  if (kind === 'attr' && name && type && value) return checkAttr(name, type, value)
  if (kind === 'security-flags' && Object.keys(values).length === 0) {
    return ['No property was specified.  One of lower, default or upper is required.']
  }
  if (kind !== 'capped-memory') return []
  if (!physical && !swap && !locked) {
    return ['No property was specified.  One of physical, swap or locked is required.']
  }
  return physical && locked && BigInt(locked) > BigInt(physical)
    ? ['The locked cap must be less than or equal to the physical cap.']
    : []
}

function optionsIn(value: Value | undefined): string[] | undefined {
  if (value?.kind === 'simple') return [value.text]
  if (value?.kind !== 'list') return undefined
  return value.items.every((item) => typeof item === 'string') ? [...value.items] : undefined
}

function rctlValueOf(members: ComplexValue): Outcome<RctlValue> {
  const found: Record<string, string> = {}
  for (const [name, value] of members) {
    if (!['priv', 'limit', 'action'].includes(name)) return noSuchProperty('value', 'add')
    if (Object.hasOwn(found, name)) return refuse(`${name} already specified`)
    found[name] = value
  }
  const { priv, limit, action } = found
  const missing = ['priv', 'limit', 'action'].filter((name) => found[name] === undefined)
  if (missing.length > 0) return { refusals: missing.map((name) => `${name} not specified`) }
  const value = { priv: priv ?? '', limit: limit ?? '', action: action ?? '' }
  return isRctlValue(value) ? { value } : refuse('Invalid rctl value specification')
}

function knows(kind: ResourceKind, name: string, release: OsRelease): boolean {
  return propertiesOf(kind, release).some((each) => each.name === name)
}
