// Properties of the zone or of the open resource: set and clear; setting zonename renames the zone.
import { emptyZoneConfig } from '../config.ts'
import { isZoneName } from '../zone-name.ts'
import { fail, refuse, shortUsage } from './complaints.ts'
import { clearGlobalProperty, isGlobalProperty, setGlobalProperty } from './global-properties.ts'
import { change, hold, isInstalled, load, replace } from './in-hand.ts'
import { isProperty } from './known-names.ts'
import { strerror, syntaxHelp } from './messages.ts'
import { simpleText } from './outcome.ts'
import type { Item } from './parse-line.ts'
import { clearInResource, setInResource } from './resource-scope.ts'
import type { SessionState } from './session-state.ts'
import { atLeast } from './world.ts'

export function setProperty(session: SessionState, items: readonly Item[]): void {
  const [{ name, value } = {}, ...rest] = items
  if (name === undefined || !value || rest.length > 0 || !isProperty(session, name)) {
    return shortUsage(session, 'set')
  }
  if (session.scope) {
    const config = session.config ?? emptyZoneConfig(session.zone)
    return change(session, setInResource(session.scope.resource, name, value, config, session.release))
  }
  if (!isGlobalProperty(name, session.release)) {
    return fail(session, 'Cannot set a resource-specific property from the global scope.')
  }
  const text = simpleText(value)
  if ('refusals' in text) return refuse(session, text)
  if (name === 'zonename') return renameZone(session, text.value)
  const config = load(session)
  if (!config) return
  if ((name === 'zonepath' || name === 'brand') && isInstalled(session, `set ${name}`)) return
  replace(session, setGlobalProperty(config, name, text.value, session.release))
}

function renameZone(session: SessionState, name: string): void {
  const refuseName = (reason: string) => {
    fail(session, `${name}: ${reason}`)
    session.terminal.err(syntaxHelp)
  }
  if (!isZoneName(name)) return refuseName(strerror.bogusName)
  const state = session.world.stateOf(session.zone)
  if (!session.config && state === undefined) {
    // before `create` the name may still be chosen
    session.zone = name
    session.savedZone = name
    return
  }
  const config = load(session)
  if (!config || name === session.zone) return
  if (state !== undefined && atLeast(state, 'ready')) return refuseName(strerror.badState)
  if (name !== session.savedZone && session.world.stateOf(name) !== undefined)
    return refuseName(strerror.nameInUse)
  session.zone = name
  hold(session, { ...config, name })
}

export function clearProperty(session: SessionState, items: readonly Item[]): void {
  const [{ name, value } = {}, ...rest] = items
  if (name === undefined || value || rest.length > 0 || !isProperty(session, name)) {
    return shortUsage(session, 'clear')
  }
  if (session.scope) return change(session, clearInResource(session.scope.resource, name, session.release))
  const config = load(session)
  if (!config) return
  if (!isGlobalProperty(name, session.release)) {
    return refuse(session, { refusals: [`${name}: ${strerror.noPropertyType}`], usage: 'clear' })
  }
  replace(session, clearGlobalProperty(config, name))
}
