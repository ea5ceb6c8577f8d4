// `zonecfg info`: a configuration for people to read (zones.md 2.8).
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from './config.ts'
import { showMemorySize } from './memory-size.ts'
import { aliasRules, findAlias } from './rctl-alias.ts'
import {
  brandOf,
  everywhere,
  illumosOnly,
  ipTypeOf,
  isAvailable,
  since,
  type Availability,
} from './releases.ts'
import { propertiesOf, resourceRule, resourcesOf, type ResourceKind, type ZoneResource } from './resources.ts'

interface GlobalProperty {
  available: Availability
  show: (config: ZoneConfig, release: OsRelease) => string
}

const shown = (available: Availability, show: GlobalProperty['show']): GlobalProperty => ({ available, show })
/** hostid and its neighbours came with Solaris 10 9/10 */
const late = since('s10u9')

/** The global properties in the order of `info`. */
export const globalProperties: Readonly<Record<string, GlobalProperty>> = {
  zonename: shown(everywhere, ({ name }) => name),
  zonepath: shown(everywhere, ({ zonepath }) => zonepath),
  brand: shown(since('s10u4'), (config, release) => brandOf(config, release)),
  autoboot: shown(everywhere, ({ autoboot }) => String(autoboot)),
  bootargs: shown(everywhere, ({ properties }) => properties.bootargs ?? ''),
  pool: shown(everywhere, ({ properties }) => properties.pool ?? ''),
  limitpriv: shown(everywhere, ({ properties }) => properties.limitpriv ?? ''),
  'scheduling-class': shown(since('s10u4'), ({ properties }) => properties['scheduling-class'] ?? ''),
  'ip-type': shown(since('s10u4'), ipTypeOf),
  hostid: shown(late, ({ properties }) => properties.hostid ?? ''),
  'fs-allowed': shown(illumosOnly, ({ properties }) => properties['fs-allowed'] ?? ''),
}

const laterOrder: readonly ResourceKind[] = [
  'inherit-pkg-dir',
  'fs',
  'net',
  'device',
  'dedicated-cpu',
  'capped-cpu',
  'capped-memory',
  'attr',
  'dataset',
  'admin',
  'rctl',
  'security-flags',
]
/** Solaris 10 11/06 */
const firstOrder: readonly ResourceKind[] = [
  'inherit-pkg-dir',
  'fs',
  'net',
  'device',
  'rctl',
  'attr',
  'dataset',
]

/** The text of `info` for the whole configuration. */
export function renderInfo(config: ZoneConfig, release: OsRelease): string {
  const names = Object.keys(globalProperties).concat(Object.keys(aliasRules))
  return [
    ...names.map((name) => renderInfoProperty(config, name, release)),
    ...(release === 's10u3' ? firstOrder : laterOrder)
      .filter((kind) => isAvailable(resourceRule(kind).available, release))
      .flatMap((kind) => resourcesOf(config, kind).map((resource) => renderInfoResource(resource, release))),
  ].join('')
}

/** The line of `info PROPERTY`; empty for one that this release does not know, and for an alias that is not set. */
export function renderInfoProperty(config: ZoneConfig, name: string, release: OsRelease): string {
  const property = Object.hasOwn(globalProperties, name) ? globalProperties[name] : undefined
  if (property) {
    return isAvailable(property.available, release) ? `${name}: ${property.show(config, release)}\n` : ''
  }
  const rule = aliasRules[name]
  const limit = findAlias(config, name)
  if (!rule?.global || limit === undefined || !isAvailable(rule.global, release)) return ''
  return `[${name}: ${rule.memory ? showMemorySize(limit) : limit}]\n`
}

/** One resource, its properties indented by a tab. */
export function renderInfoResource(resource: ZoneResource, release: OsRelease): string {
  const { kind, values, options, limits } = resource
  const lines = [`${kind}:`]
  for (const { name } of propertiesOf(kind, release)) {
    const value = values[name]
    if (kind === 'fs' && name === 'options') {
      lines.push(`\toptions: [${options.map((each) => (each.includes('=') ? `"${each}"` : each)).join(',')}]`)
    } else if (kind === 'rctl' && name === 'value') {
      for (const { priv, limit, action } of limits) {
        lines.push(`\tvalue: (priv=${priv},limit=${limit},action=${action})`)
      }
    } else if (value !== undefined) {
      const text = kind === 'capped-memory' ? showMemorySize(value) : quoteBlanks(value)
      lines.push(isAliased(kind, name) ? `\t[${name}: ${text}]` : `\t${name}: ${text}`)
    } else if (resourceRule(kind).keys.length > 0) {
      lines.push(`\t${name} not specified`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Shown in brackets: what is stored as a resource control. */
function isAliased(kind: ResourceKind, property: string): boolean {
  return kind === 'capped-cpu' || (kind === 'capped-memory' && property !== 'physical')
}

function quoteBlanks(value: string): string {
  return value.includes(' ') ? `"${value}"` : value
}
