// What a session of zonecfg needs from outside: the host's zones, and someone to talk to.
import type { ZoneConfig } from '../config.ts'

/** In the order of the states' numbers. */
export const zoneStates = [
  'configured',
  'incomplete',
  'installed',
  'ready',
  'running',
  'shutting_down',
  'down',
  'mounted',
] as const
export type ZoneState = (typeof zoneStates)[number]

/** The host, as far as zonecfg touches it. */
export interface ZonecfgWorld {
  /** the document of a zone or template; @throws ProvisionError when it is not valid */
  readConfig: (name: string) => ZoneConfig | undefined
  /** `PATH/SUNWdetached.xml`; undefined without it or without `PATH/root`; @throws ProvisionError */
  readDetached: (path: string) => ZoneConfig | undefined
  stateOf: (zone: string) => ZoneState | undefined
  /** writes document and index; a zone that was called otherwise is renamed */
  save: (config: ZoneConfig, previousName: string | undefined) => void
  destroy: (zone: string) => void
  /** where `export -f` writes; @throws with the system's reason */
  writeFile: (path: string, text: string) => void
}

export interface ZonecfgTerminal {
  out: (text: string) => void
  err: (text: string) => void
  /** undefined when nobody can be asked */
  ask: (question: string) => boolean | undefined
}

export function atLeast(state: ZoneState, minimum: ZoneState): boolean {
  return zoneStates.indexOf(state) >= zoneStates.indexOf(minimum)
}
