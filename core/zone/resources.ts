// The resources of zonecfg beside the elements of the document: one value for both, named as the language names it.
import type { OsRelease } from '../host.ts'
import { zoneElement, type ZoneConfig, type ZoneElement } from './config.ts'
import { everywhere, illumosOnly, isAvailable, since, type Availability } from './releases.ts'
import { findAlias, setAlias } from './rctl-alias.ts'

export const resourceKinds = [
  'inherit-pkg-dir',
  'fs',
  'net',
  'device',
  'rctl',
  'attr',
  'dataset',
  'dedicated-cpu',
  'capped-cpu',
  'capped-memory',
  'admin',
  'security-flags',
] as const
export type ResourceKind = (typeof resourceKinds)[number]

export interface RctlValue {
  priv: string
  limit: string
  action: string
}

/** One resource, as `add` … `end` fills it in. A property that is unset has no entry in `values`. */
export interface ZoneResource {
  readonly kind: ResourceKind
  readonly values: Readonly<Record<string, string>>
  /** of an fs */
  readonly options: readonly string[]
  /** of an rctl */
  readonly limits: readonly RctlValue[]
  /** children that the language has no word for, kept as they are */
  readonly others: readonly ZoneElement[]
}

export interface PropertyRule {
  readonly name: string
  readonly required?: boolean
  readonly clearable?: boolean
  readonly available?: Availability
}

export interface ResourceRule {
  readonly article: 'A' | 'An'
  readonly available: Availability
  readonly properties: readonly PropertyRule[]
  /** what select and remove look for, and what may not be there twice; empty: at most one such resource */
  readonly keys: readonly string[]
}

const rules: Record<ResourceKind, ResourceRule> = {
  'inherit-pkg-dir': {
    article: 'An',
    available: { solaris10: 's10u3', illumos: false },
    properties: [{ name: 'dir', required: true }],
    keys: ['dir'],
  },
  fs: {
    article: 'A',
    available: everywhere,
    properties: [
      { name: 'dir', required: true },
      { name: 'special', required: true },
      { name: 'raw', clearable: true },
      { name: 'type', required: true },
      { name: 'options' },
    ],
    keys: ['dir'],
  },
  net: {
    article: 'A',
    available: everywhere,
    properties: [
      { name: 'address', clearable: true },
      { name: 'allowed-address', clearable: true, available: illumosOnly },
      { name: 'physical', required: true },
      { name: 'mac-addr', clearable: true, available: illumosOnly },
      { name: 'vlan-id', clearable: true, available: illumosOnly },
      { name: 'global-nic', clearable: true, available: illumosOnly },
      { name: 'defrouter', clearable: true, available: since('s10u6') },
    ],
    keys: ['physical', 'address'],
  },
  device: {
    article: 'A',
    available: everywhere,
    properties: [{ name: 'match', required: true }],
    keys: ['match'],
  },
  rctl: {
    article: 'A',
    available: everywhere,
    properties: [{ name: 'name', required: true }, { name: 'value' }],
    keys: ['name'],
  },
  attr: {
    article: 'An',
    available: everywhere,
    properties: [
      { name: 'name', required: true },
      { name: 'type', required: true },
      { name: 'value', required: true },
    ],
    keys: ['name'],
  },
  dataset: {
    article: 'A',
    available: everywhere,
    properties: [{ name: 'name', required: true }],
    keys: ['name'],
  },
  'dedicated-cpu': {
    article: 'A',
    available: since('s10u4'),
    properties: [
      { name: 'ncpus', required: true },
      { name: 'importance', clearable: true },
    ],
    keys: [],
  },
  'capped-cpu': {
    article: 'A',
    available: since('s10u5'),
    properties: [{ name: 'ncpus', required: true }],
    keys: [],
  },
  'capped-memory': {
    article: 'A',
    available: since('s10u4'),
    properties: ['physical', 'swap', 'locked'].map((name) => ({ name, clearable: true })),
    keys: [],
  },
  admin: {
    article: 'An',
    available: illumosOnly,
    properties: [
      { name: 'user', required: true },
      { name: 'auths', required: true },
    ],
    keys: ['user'],
  },
  'security-flags': {
    article: 'A',
    available: illumosOnly,
    properties: ['lower', 'default', 'upper'].map((name) => ({ name, clearable: true })),
    keys: [],
  },
}

/** Elements that stand for one resource each, and where the two spell a property differently. */
const plain: Partial<Record<ResourceKind, { tag: string; renamed?: Record<string, string> }>> = {
  fs: { tag: 'filesystem', renamed: { dir: 'directory' } },
  'inherit-pkg-dir': { tag: 'inherited-pkg-dir', renamed: { dir: 'directory' } },
  net: { tag: 'network' },
  device: { tag: 'device' },
  rctl: { tag: 'rctl' },
  attr: { tag: 'attr' },
  dataset: { tag: 'dataset' },
  admin: { tag: 'admin' },
  'security-flags': { tag: 'security-flags' },
}

export function isResourceKind(name: string): name is ResourceKind {
  return (resourceKinds as readonly string[]).includes(name)
}

export function resourceRule(kind: ResourceKind): ResourceRule {
  return rules[kind]
}

/** The properties of a resource that this release knows. */
export function propertiesOf(kind: ResourceKind, release: OsRelease): readonly PropertyRule[] {
  return rules[kind].properties.filter(({ available = everywhere }) => isAvailable(available, release))
}

export function emptyResource(
  kind: ResourceKind,
  values: Readonly<Record<string, string>> = {},
): ZoneResource {
  return { kind, values, options: [], limits: [], others: [] }
}

/** The resources of one kind, in file order. */
export function resourcesOf(config: ZoneConfig, kind: ResourceKind): ZoneResource[] {
  const shape = plain[kind]
  if (shape) {
    return config.elements.flatMap((each) => (each.tag === shape.tag ? [toResource(kind, each)] : []))
  }
  const values = containedValues(config, kind)
  return Object.keys(values).length > 0 ? [emptyResource(kind, values)] : []
}

/** The configuration with `resource` appended; a resource of which there is one replaces it. */
export function addResource(config: ZoneConfig, resource: ZoneResource): ZoneConfig {
  const { kind, values } = resource
  if (plain[kind]) return { ...config, elements: [...config.elements, toElement(resource)] }
  const bare = removeResource(config, resource)
  if (kind === 'dedicated-cpu') {
    const [low = '', high = low] = (values['ncpus'] ?? '').split('-')
    const added = [zoneElement('pset', { ncpu_min: low, ncpu_max: high })]
    if (values['importance']) added.push(zoneElement('tmp_pool', { importance: values['importance'] }))
    return { ...bare, elements: [...bare.elements, ...added] }
  }
  if (kind === 'capped-cpu') return setAlias(bare, 'cpu-cap', cpuCap(values['ncpus'] ?? ''))
  const { physical, swap, locked } = values
  const withPhysical = physical
    ? { ...bare, elements: [...bare.elements, zoneElement('mcap', { physcap: physical })] }
    : bare
  const withSwap = swap ? setAlias(withPhysical, 'max-swap', swap) : withPhysical
  return locked ? setAlias(withSwap, 'max-locked-memory', locked) : withSwap
}

/** The configuration without `resource`, which it holds. */
export function removeResource(config: ZoneConfig, resource: ZoneResource): ZoneConfig {
  const { kind } = resource
  const shape = plain[kind]
  const without = (gone: (element: ZoneElement) => boolean) => ({
    ...config,
    elements: config.elements.filter((each) => !gone(each)),
  })
  if (shape) {
    return without(
      (each) =>
        each.tag === shape.tag &&
        rules[kind].keys.every((key) => toResource(kind, each).values[key] === resource.values[key]),
    )
  }
  const isRctl = (each: ZoneElement, ...names: string[]) =>
    each.tag === 'rctl' && names.includes(each.attributes['name'] ?? '')
  if (kind === 'dedicated-cpu') return without(({ tag }) => tag === 'pset' || tag === 'tmp_pool')
  if (kind === 'capped-cpu') return without((each) => isRctl(each, 'zone.cpu-cap'))
  return without((each) => each.tag === 'mcap' || isRctl(each, 'zone.max-swap', 'zone.max-locked-memory'))
}

/** Hundredths of a CPU, as the zone.cpu-cap control counts; empty when the text is no such number. */
export function cpuCap(ncpus: string): string {
  if (!/^[0-9]{1,9}(\.[0-9]{0,9})?$|^\.[0-9]{1,9}$/.test(ncpus)) return ''
  const cap = Math.floor(Number((Number(ncpus) * 100).toFixed(6)))
  return cap >= 1 ? String(cap) : ''
}

/** The values of a resource that is spread over several elements. */
function containedValues(config: ZoneConfig, kind: ResourceKind): Record<string, string> {
  const attribute = (tag: string, name: string) =>
    config.elements.find((each) => each.tag === tag)?.attributes[name]
  const values: Record<string, string | undefined> = {}
  if (kind === 'dedicated-cpu') {
    const [low, high] = [attribute('pset', 'ncpu_min'), attribute('pset', 'ncpu_max')]
    if (low === undefined) return {}
    values['ncpus'] = low === high ? low : `${low}-${high}`
    values['importance'] = attribute('tmp_pool', 'importance')
  } else if (kind === 'capped-cpu') {
    const cap = findAlias(config, 'cpu-cap')
    values['ncpus'] = cap === undefined ? undefined : (Number(cap) / 100).toFixed(2)
  } else {
    values['physical'] = attribute('mcap', 'physcap')
    values['swap'] = findAlias(config, 'max-swap')
    values['locked'] = findAlias(config, 'max-locked-memory')
  }
  return zoneElement('', values).attributes
}

function toResource(kind: ResourceKind, element: ZoneElement): ZoneResource {
  const renamed = plain[kind]?.renamed ?? {}
  const values: Record<string, string> = {}
  for (const { name } of rules[kind].properties) {
    const value = element.attributes[renamed[name] ?? name]
    if (value) values[name] = value
  }
  const { children } = element
  return {
    kind,
    values,
    options: children.flatMap(({ tag, attributes }) =>
      tag === 'fsoption' ? [attributes['name'] ?? ''] : [],
    ),
    limits: children.flatMap(({ tag, attributes: { priv = '', limit = '', action = '' } }) =>
      tag === 'rctl-value' ? [{ priv, limit, action }] : [],
    ),
    others: children.filter(({ tag }) => tag !== 'fsoption' && tag !== 'rctl-value'),
  }
}

function toElement({ kind, values, options, limits, others }: ZoneResource): ZoneElement {
  const { tag = kind, renamed = {} } = plain[kind] ?? {}
  const attributes: Record<string, string | undefined> = {}
  for (const { name } of rules[kind].properties) attributes[renamed[name] ?? name] = values[name]
  const children = [
    ...options.map((name) => zoneElement('fsoption', { name })),
    ...limits.map(({ priv, limit, action }) => zoneElement('rctl-value', { priv, limit, action })),
    ...others,
  ]
  return zoneElement(tag, attributes, children)
}
