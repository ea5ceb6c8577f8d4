// The software inventory that a detached manifest carries behind its configuration (zones.md 3.3).
import type { InventoryItem } from '../manifest.ts'
import { zoneElement, type ZoneConfig, type ZoneElement } from './config.ts'

/** Packages and patches in file order: a patch belongs to the package before it. */
export function inventoryOf(config: ZoneConfig): InventoryItem[] {
  return config.elements.flatMap(({ tag, attributes, children }): InventoryItem[] => {
    const { name = '', version = '', id = '' } = attributes
    if (tag === 'package') return [{ kind: 'package', name, version }]
    if (tag !== 'patch') return []
    const ids = (childTag: string) =>
      children.flatMap((child) => (child.tag === childTag ? [child.attributes['id'] ?? ''] : []))
    return [{ kind: 'patch', id, obsoletes: ids('obsoletes'), incompatible: ids('incompatible') }]
  })
}

/** The manifest of a configuration: the inventory at the end, in the order given, after an older one is dropped. */
export function withInventory(config: ZoneConfig, items: readonly InventoryItem[]): ZoneConfig {
  const kept = config.elements.filter(({ tag }) => tag !== 'package' && tag !== 'patch')
  return { ...config, elements: [...kept, ...items.map(toElement)] }
}

function toElement(item: InventoryItem): ZoneElement {
  if (item.kind === 'package') return zoneElement('package', { name: item.name, version: item.version })
  const obsoletes = item.obsoletes.map((id) => zoneElement('obsoletes', { id }))
  const incompatible = item.incompatible.map((id) => zoneElement('incompatible', { id }))
  return zoneElement('patch', { id: item.id }, [...obsoletes, ...incompatible])
}
