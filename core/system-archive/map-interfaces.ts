// Gives a captured configuration the interfaces of another host.
import { z } from 'zod'
import type { OsRelease } from '../host.ts'
import type { OsFamily } from '../manifest.ts'
import type { ZoneConfig } from '../zone/config.ts'
import { exportCommands } from '../zone/export.ts'
import { ipTypeOf } from '../zone/releases.ts'
import { resourcesOf } from '../zone/resources.ts'
import { readCaptured } from './read-captured.ts'

/** `bge0`, `net0`, `web_link1` */
const InterfaceName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.]{0,30}$/, 'expected the name of an interface such as bge0')

/** `bge0=e1000g0,bge1=e1000g1` */
export const InterfaceMapText = z
  .string()
  .max(4096)
  .transform((text) => text.split(',').map((pair) => pair.split('=')))
  .pipe(z.array(z.tuple([InterfaceName, InterfaceName])).max(64))
  .transform((pairs): InterfaceMap => Object.fromEntries(pairs))
  .describe('interfaces there, and what they are called here: bge0=e1000g0,bge1=e1000g1')

/** What an interface is called here, by what it was called there. */
export type InterfaceMap = Readonly<Record<string, string>>

/** A zone's configuration as it was captured. */
interface CapturedConfig {
  name: string
  zonecfg: string
}

/** A configuration for another host, and what it needs there. */
interface MappedConfig {
  /** for `zonecfg -z NAME -f FILE`, committed at its end */
  commands: string
  /** of a shared-IP zone: those that must be plumbed, each once */
  interfaces: string[]
  /** what its lofs file systems show */
  sources: string[]
}

/** The captured configuration with its interfaces mapped; one that the map does not name, or that is not understood, stays as it was. */
export function mapCaptured(captured: CapturedConfig, map: InterfaceMap, family: OsFamily): MappedConfig {
  const release = writtenBy(captured, family)
  const read = readCaptured(captured, release)
  if ('problem' in read) return { commands: withCommit(captured.zonecfg), interfaces: [], sources: [] }
  const config = mapped(read, map)
  const plumbed = ipTypeOf(config) === 'exclusive' ? [] : resourcesOf(config, 'net')
  return {
    commands: withCommit(exportCommands(config, { release, replayable: true })),
    interfaces: [...new Set(plumbed.flatMap(({ values }) => values['physical'] ?? []))],
    sources: resourcesOf(config, 'fs').flatMap(({ values: { type, special } }) =>
      type === 'lofs' && special !== undefined ? [special] : [],
    ),
  }
}

/** Every interface that a captured configuration names, each once; none where it is not understood. */
export function interfacesOf(captured: CapturedConfig, family: OsFamily): string[] {
  const read = readCaptured(captured, writtenBy(captured, family))
  if ('problem' in read) return []
  const named = read.elements.flatMap(({ tag, attributes }) =>
    tag === 'network' ? [attributes['physical'], attributes['global-nic']] : [],
  )
  return [...new Set(named.filter((name) => name !== undefined))]
}

/** A release that has the words of the text: zonecfg exports `ip-type` since it knows it. */
function writtenBy({ zonecfg }: CapturedConfig, family: OsFamily): OsRelease {
  if (family !== 'solaris10') return 'illumos'
  return /^set ip-type=/m.test(zonecfg) ? 's10u11' : 's10u3'
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
