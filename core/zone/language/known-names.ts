// The resource types and properties that a command may name on the release at hand.
import { isAvailable } from '../releases.ts'
import { isResourceKind, resourceKinds, resourceRule, type ResourceKind } from '../resources.ts'
import { isGlobalProperty } from './global-properties.ts'
import type { Item } from './parse-line.ts'
import type { SessionState } from './session-state.ts'

export function kindIn(session: SessionState, item: Item | undefined): ResourceKind | undefined {
  const { name = '', value } = item ?? {}
  if (value || !isResourceKind(name)) return undefined
  return isAvailable(resourceRule(name).available, session.release) ? name : undefined
}

export function isProperty(session: SessionState, name: string): boolean {
  return isGlobalProperty(name, session.release) || resourceKinds.some((kind) => knowsProperty(kind, name))
}

export function knowsProperty(kind: ResourceKind, name: string): boolean {
  return resourceRule(kind).properties.some((each) => each.name === name)
}
