// Renders the zonecfg command file by which a host makes the final zone from its template's zone.
import { ProvisionError } from '../errors.ts'
import type { ProfileZone } from '../profile.ts'
import { isDocumentName } from './zone-name.ts'
import { bareZonecfgValue, quoteZonecfgValue } from './zonecfg-value.ts'

export interface RenderZonecfgOptions {
  /** where the final zone goes */
  zonepath: string
  /** the zone or template that `create -t` copies, e.g. `flashmysql`; absent: nothing is inherited */
  template?: string
}

/**
 * The command file for `zonecfg -z NAME -f FILE`. `create -t` inherits everything but the name (zones.md 2.3): what the
 * template has under the key of a resource that is added here must be removed first.
 * @throws ZonecfgValueInvalid when a value cannot be expressed
 */
export function renderZonecfgCommands(zone: ProfileZone, options: RenderZonecfgOptions): string {
  const lines = [create(options.template), set('zonepath', options.zonepath)]
  lines.push(set('autoboot', String(zone.autoboot)))
  if (zone.ipType !== undefined) lines.push(set('ip-type', zone.ipType))
  for (const net of zone.net) {
    lines.push(
      ...block('net', [
        ['physical', net.physical],
        ['address', net.address],
        ['allowed-address', net.allowedAddress],
        ['defrouter', net.defrouter],
      ]),
    )
  }
  for (const { dir, special, type, options: fsOptions } of zone.fs) {
    const extra = fsOptions.map((option) => `add options ${quoteZonecfgValue(option)}`)
    lines.push(...block('fs', Object.entries({ dir, special, type }), extra))
  }
  for (const { name, values } of zone.rctl) {
    const extra = values.map(({ priv, limit, action }) => {
      const members = { priv, limit: String(limit), action }
      const pairs = Object.entries(members).map(([key, value]) => `${key}=${bareZonecfgValue(value)}`)
      return `add value (${pairs.join(',')})`
    })
    lines.push(...block('rctl', [['name', name]], extra))
  }
  for (const { name, type, value } of zone.attr)
    lines.push(...block('attr', Object.entries({ name, type, value })))
  for (const name of zone.dataset) lines.push(...block('dataset', [['name', name]]))
  lines.push('verify', 'commit', '')
  return lines.join('\n')
}

function create(template: string | undefined): string {
  if (template === undefined) return 'create -b'
  if (!isDocumentName(template)) {
    throw new ProvisionError(
      'invalid',
      'ZonecfgValueInvalid',
      `template zone is ${JSON.stringify(template)}, expected a zone name`,
    )
  }
  return `create -t ${template}`
}

function set(property: string, value: string): string {
  return `set ${property}=${quoteZonecfgValue(value)}`
}

function block(
  resource: string,
  properties: readonly (readonly [string, string | undefined])[],
  extra: readonly string[] = [],
): string[] {
  const given = properties.flatMap(([name, value]) => (value === undefined ? [] : [set(name, value)]))
  return [`add ${resource}`, ...given, ...extra, 'end']
}
