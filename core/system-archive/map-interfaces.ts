/** Gives a captured configuration the interfaces of another host. */
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from '../zone/config.ts'
import { exportCommands } from '../zone/export.ts'
import { readCaptured } from './read-captured.ts'

/** What an interface is called here, by what it was called there. */
export type InterfaceMap = Readonly<Record<string, string>>

/** Interfaces of its `net` resources, in order, each once; none where the configuration is not understood. */
export function interfacesOf(captured: { name: string; zonecfg: string }, release: OsRelease): string[] {
  const config = readCaptured(captured, release)
  if ('problem' in config) return []
  const named = config.elements.flatMap(({ tag, attributes }) =>
    tag === 'network' ? [attributes['physical'] ?? attributes['global-nic'] ?? ''] : [],
  )
  return [...new Set(named.filter(Boolean))]
}

/**
 * The command file for `zonecfg -z NAME -f FILE` with the interfaces mapped, committed at its end. One that the map does not
 * name keeps its name. A configuration that is not understood here comes as it was captured, unless a map is given.
 * @throws ConfigurationUnread, ZonecfgValueInvalid
 */
export function renderMappedZonecfg(
  captured: { name: string; zonecfg: string },
  map: InterfaceMap,
  release: OsRelease,
): string {
  const config = readCaptured(captured, release)
  if ('problem' in config) {
    if (Object.keys(map).length === 0) return withCommit(captured.zonecfg)
    throw new ProvisionError(
      'invalid',
      'ConfigurationUnread',
      `the configuration of zone ${captured.name} is not understood, so no interface of it can be mapped: ${config.problem}`,
    )
  }
  return withCommit(exportCommands(mapped(config, map), { release, replayable: true }))
}

function mapped(config: ZoneConfig, map: InterfaceMap): ZoneConfig {
  const rename = (name: string) => (Object.hasOwn(map, name) ? (map[name] ?? name) : name)
  const elements = config.elements.map((element) => {
    if (element.tag !== 'network') return element
    const attributes = { ...element.attributes }
    for (const attribute of ['physical', 'global-nic']) {
      const name = attributes[attribute]
      if (name !== undefined) attributes[attribute] = rename(name)
    }
    return { ...element, attributes }
  })
  return { ...config, elements }
}

function withCommit(commands: string): string {
  return `${commands.trimEnd()}\nverify\ncommit\n`
}
