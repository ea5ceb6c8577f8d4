// `zonecfg export`: the commands that make a configuration anew (zones.md 2.9).
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from './config.ts'
import { exactMemorySize, showMemorySize } from './memory-size.ts'
import { brandOf, ipTypeOf, isAvailable, since } from './releases.ts'
import { propertiesOf, resourceRule, resourcesOf, type ResourceKind, type ZoneResource } from './resources.ts'
import { bareZonecfgValue, quoteZonecfgValue } from './zonecfg-value.ts'

export interface ExportOptions {
  release: OsRelease
  /**
   * Quote every value and write sizes exactly, so that the text can be fed back; `zonecfg export` itself never quotes a
   * global value, and what it writes for `bootargs=-m verbose` does not parse.
   */
  replayable?: boolean
}

const order: readonly ResourceKind[] = [
  'inherit-pkg-dir',
  'fs',
  'net',
  'device',
  'rctl',
  'attr',
  'dataset',
  'dedicated-cpu',
  'capped-memory',
  'admin',
  'security-flags',
]

/**
 * The text of `zonecfg export`, one command a line.
 * @throws ZonecfgValueInvalid when it is to be replayable and a value cannot be expressed
 */
export function exportCommands(config: ZoneConfig, options: ExportOptions): string {
  // `add capped-memory` is refused beside the resource controls that belong to it, so it goes first when replayed
  const kinds = options.replayable ? order.toSorted((a, b) => first(b) - first(a)) : order
  const lines = [
    'create -b',
    ...exportGlobals(config, options),
    ...kinds.flatMap((kind) =>
      isAvailable(resourceRule(kind).available, options.release)
        ? resourcesOf(config, kind).flatMap((resource) => exportResource(resource, options))
        : [],
    ),
  ]
  return `${lines.join('\n')}\n`
}

function first(kind: ResourceKind): number {
  return kind === 'capped-memory' ? 1 : 0
}

function exportGlobals(config: ZoneConfig, { release, replayable = false }: ExportOptions): string[] {
  const { properties } = config
  const brand = brandOf(config, release)
  const given: [string, string | undefined][] = [
    ['zonepath', config.zonepath],
    ['brand', brand === 'native' ? undefined : brand],
    ['autoboot', String(config.autoboot)],
    ['bootargs', properties.bootargs],
    ['pool', properties.pool],
    ['limitpriv', properties.limitpriv],
    ['scheduling-class', properties['scheduling-class']],
    ['ip-type', isAvailable(since('s10u4'), release) ? ipTypeOf(config) : undefined],
    ['hostid', properties.hostid],
    ['fs-allowed', properties['fs-allowed']],
  ]
  return given.flatMap(([name, value]) =>
    value ? [`set ${name}=${replayable ? quoteZonecfgValue(value) : value}`] : [],
  )
}

function exportResource(resource: ZoneResource, { release, replayable = false }: ExportOptions): string[] {
  const { kind, values, options, limits } = resource
  if (kind === 'capped-memory' && !values['physical']) return []
  const quote = (value: string) => {
    if (replayable) return quoteZonecfgValue(value)
    return release === 'illumos' || value.includes(' ') ? `"${value}"` : value
  }
  const lines = [`add ${kind}`]
  for (const { name } of propertiesOf(kind, release)) {
    const value = values[name]
    // swap and locked are resource controls, and exported as such
    if (value === undefined || (kind === 'capped-memory' && name !== 'physical')) continue
    if (kind !== 'capped-memory') lines.push(`set ${name}=${quote(value)}`)
    else lines.push(`set ${name}=${replayable ? exactMemorySize(value) : showMemorySize(value)}`)
  }
  for (const option of options) {
    lines.push(`add options ${option.includes('=') ? `"${option}"` : quote(option)}`)
  }
  for (const limit of limits) {
    const pairs = Object.entries(limit).map(
      ([name, value]) => `${name}=${replayable ? bareZonecfgValue(value) : value}`,
    )
    lines.push(`add value (${pairs.join(',')})`)
  }
  return [...lines, 'end']
}
