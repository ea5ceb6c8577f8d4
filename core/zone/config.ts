// A zone's configuration as its XML document holds it: root attributes, then elements in file order.

import { childRule, elementRule } from './dtd.ts'

/** Optional root attributes, in the order in which an empty document receives them (zonecfg.dtd, `debugid` of OmniOS). */
export const optionalRootAttributes = [
  'ip-type',
  'hostid',
  'pool',
  'limitpriv',
  'bootargs',
  'brand',
  'scheduling-class',
  'fs-allowed',
  'debugid',
] as const
export type RootAttribute = (typeof optionalRootAttributes)[number]

/** An element below `<zone>`. An attribute that is absent here is absent or empty in the file. */
export interface ZoneElement {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly ZoneElement[]
}

/** One `/etc/zones/NAME.xml`, or a SUNWdetached.xml with its inventory among the elements. Order is significant. */
export interface ZoneConfig {
  readonly name: string
  readonly zonepath: string
  readonly autoboot: boolean
  /** in file order; an empty string means unset but written (`brand=""` is native on Solaris 10) */
  readonly properties: Readonly<Partial<Record<RootAttribute, string>>>
  readonly elements: readonly ZoneElement[]
}

/** Makes an element; an attribute that is undefined, or empty where the DTD has that as its default, is left out. */
export function zoneElement(
  tag: string,
  attributes: Readonly<Record<string, string | undefined>>,
  children: readonly ZoneElement[] = [],
): ZoneElement {
  const required = (elementRule(tag) ?? childRule(tag))?.attributes
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (value || (value !== undefined && required?.[name])) kept[name] = value
  }
  return { tag, attributes: kept, children }
}

/** A configuration with nothing in it but its name: what `create -b` starts from. */
export function emptyZoneConfig(name: string): ZoneConfig {
  return { name, zonepath: '', autoboot: false, properties: {}, elements: [] }
}
