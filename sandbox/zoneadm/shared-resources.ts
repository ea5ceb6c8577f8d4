// Warnings of clone about what source and target would both use (zones.md 5.1, step 5).
import type { ZoneConfig, ZoneElement } from '#core/zone/config.ts'

function elementsOf(config: ZoneConfig, tag: string): ZoneElement[] {
  return config.elements.filter((element) => element.tag === tag)
}

/** One line for each resource that both configurations name. */
export function sharedResourceWarnings(source: ZoneConfig, target: ZoneConfig): string[] {
  const both = (tag: string, key: string): string[] => {
    const theirs = new Set(elementsOf(source, tag).map(({ attributes }) => attributes[key]))
    return elementsOf(target, tag).flatMap(({ attributes }) => {
      const value = attributes[key]
      return value !== undefined && theirs.has(value) ? [value] : []
    })
  }
  return [
    ...sharedFileSystems(source, target),
    ...both('network', 'address').map(
      (address) => `WARNING: network address '${address}' is configured in both zones.`,
    ),
    ...both('device', 'match').map((match) => `WARNING: device '${match}' is configured in both zones.`),
    ...both('dataset', 'name').map((name) => `WARNING: dataset '${name}' is configured in both zones.`),
  ]
}

function sharedFileSystems(source: ZoneConfig, target: ZoneConfig): string[] {
  const readOnly = ({ children }: ZoneElement) =>
    children.some(({ attributes }) => attributes['name'] === 'ro')
  return elementsOf(target, 'filesystem').flatMap((fs) => {
    const { special, type } = fs.attributes
    const theirs = elementsOf(source, 'filesystem').find(
      ({ attributes }) => attributes['special'] === special && attributes['type'] === type,
    )
    if (!theirs) return []
    if (type === 'lofs') {
      return readOnly(fs) || readOnly(theirs)
        ? []
        : [`WARNING: read-write lofs file system on '${special}' is configured in both zones.`]
    }
    return [`WARNING: ${type} file system on '${special}' is configured in both zones.`]
  })
}
