// What of a template's configuration belongs to the host it was made on, and is not for others.
import type { ZoneConfig, ZoneElement } from '../zone/config.ts'

/** Addresses, devices and datasets of the golden host: a profile's zone gets its own. */
const dropped: ReadonlySet<string> = new Set(['network', 'dataset', 'device'])

export function withoutForeign(config: ZoneConfig): ZoneConfig {
  const { limitpriv: _limitpriv, ...properties } = config.properties
  return { ...config, properties, elements: config.elements.filter(({ tag }) => !dropped.has(tag)) }
}

/** One line each, for the plan: what the flash zone does not get, and what it gets that shows the zone a part of its host. */
export function foreignLines(config: ZoneConfig): string[] {
  const { limitpriv } = config.properties
  const privileges = limitpriv && limitpriv !== 'default' ? [`not taken over: limitpriv ${limitpriv}`] : []
  return [...privileges, ...config.elements.flatMap(line)]
}

function line({ tag, attributes }: ZoneElement): string[] {
  switch (tag) {
    case 'network':
      return [`not taken over: net ${attributes['address'] ?? ''} ${attributes['physical'] ?? ''}`.trimEnd()]
    case 'dataset':
      return [`not taken over: dataset ${attributes['name'] ?? ''}`]
    case 'device':
      return [`not taken over: device ${attributes['match'] ?? ''}`]
    case 'filesystem': {
      const { special = '', directory = '', type = '' } = attributes
      return [`taken over, look whether this host has it: fs ${special} (${type}) at ${directory}`]
    }
    default:
      return []
  }
}
