// What a plan says of the zones that a system brings along: they come after its first boot, in their order.
import type { CapturedZone } from '../manifest.ts'
import type { PlannedStep, PlannedSystem } from '../plan/schema.ts'
import { heldLine } from './finding.ts'
import { interfacesOf } from './map-interfaces.ts'

export function capturedSteps({
  capturedZones,
  interfaceMap,
  osFamily,
}: Pick<PlannedSystem, 'capturedZones' | 'interfaceMap' | 'osFamily'>): PlannedStep[] {
  return capturedZones.map((zone) => {
    const mapped = interfacesOf(zone, osFamily).map((name) =>
      Object.hasOwn(interfaceMap, name) ? `${name} becomes ${interfaceMap[name]}` : `${name} as it is called`,
    )
    return { step: 'system', zone: zone.name, what: whatOf(zone, mapped) }
  })
}

function whatOf({ held, state, wasRunning, autoboot, zonepath }: CapturedZone, mapped: string[]): string {
  const [first, ...more] = held.map(heldLine)
  const left = state === 'configured' ? 'only configured' : `detached in ${zonepath}`
  if (first !== undefined)
    return `is left, ${left}: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`
  const configure = `after the reboot: configure it as it was captured${mapped.length > 0 ? ` (${mapped.join(', ')})` : ''}`
  if (state === 'configured') return configure
  return `${configure}, attach ${zonepath}${wasRunning || autoboot ? ', boot' : ''}`
}
