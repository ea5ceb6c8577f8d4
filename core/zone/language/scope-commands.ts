// Resources of the zone: add and select open one, end and cancel close it, remove takes some away.
import type { ZoneConfig } from '../config.ts'
import { emptyResource, removeResource, resourceRule, resourcesOf, type ResourceKind } from '../resources.ts'
import { fail, scopeUsage, shortUsage } from './complaints.ts'
import { change, hold, isInstalled, load, replace } from './in-hand.ts'
import { isProperty, kindIn, knowsProperty } from './known-names.ts'
import { strerror } from './messages.ts'
import { readOptions, selectorOf } from './outcome.ts'
import type { CommandName, Item } from './parse-line.ts'
import { addInResource, checkAddition, endResource, matching, removeInResource } from './resource-scope.ts'
import type { SessionState } from './session-state.ts'
import { atLeast } from './world.ts'

export function add(session: SessionState, items: readonly Item[]): void {
  const [first, ...rest] = items
  if (session.scope) {
    if (!first?.name || items.length !== (first.value ? 1 : 2) || !isProperty(session, first.name)) {
      return shortUsage(session, 'add')
    }
    return change(session, addInResource(session.scope.resource, first.name, first.value ?? valueOf(rest[0])))
  }
  const kind = kindIn(session, first)
  if (!kind || rest.length > 0) return shortUsage(session, 'add')
  const config = load(session)
  if (!config) return
  if (kind === 'inherit-pkg-dir' && isInstalled(session, 'add inherit-pkg-dir')) return
  const complaint = checkAddition(config, kind)
  if (complaint !== undefined) return fail(session, complaint)
  session.scope = { resource: emptyResource(kind), original: undefined }
}

export function select(session: SessionState, items: readonly Item[]): void {
  if (session.scope) return scopeUsage(session, 'select')
  const [first, ...rest] = items
  const kind = kindIn(session, first)
  const selector = selectorOf(rest)
  if (!kind || !selector) return shortUsage(session, 'select')
  const config = load(session)
  if (!config) return
  const state = session.world.stateOf(session.zone)
  if (kind === 'inherit-pkg-dir' && state !== undefined && atLeast(state, 'incomplete')) {
    return fail(session, `Zone ${session.zone} not in configured state; select inherit-pkg-dir not allowed.`)
  }
  const resource = pick(session, 'select', config, kind, selector)
  if (resource) session.scope = { resource, original: resource }
}

export function end(session: SessionState, items: readonly Item[]): void {
  if (items.length > 0) return shortUsage(session, 'end')
  if (!session.scope) return scopeUsage(session, 'end')
  const config = load(session)
  if (!config) return
  const ended = endResource(config, session.scope)
  if (!('refusals' in ended)) session.scope = undefined
  replace(session, ended)
}

export function cancel(session: SessionState, items: readonly Item[]): void {
  if (items.length > 0) return shortUsage(session, 'cancel')
  if (!session.scope) return scopeUsage(session, 'cancel')
  session.scope = undefined
}

export function remove(session: SessionState, items: readonly Item[]): void {
  if (session.scope) {
    const [first, second] = items
    if (!first?.name || items.length > 2 || !isProperty(session, first.name))
      return shortUsage(session, 'remove')
    const value = first.value ?? valueOf(second)
    return change(session, removeInResource(session.scope.resource, first.name, value, session.release))
  }
  const { options, operands = [] } = readOptions(items, 'F') ?? {}
  const [first, ...rest] = operands
  const kind = kindIn(session, first)
  const selector = selectorOf(rest)
  if (!options || !kind || !selector) return shortUsage(session, 'remove')
  const config = load(session)
  if (!config) return
  if (kind === 'inherit-pkg-dir' && isInstalled(session, 'remove inherit-pkg-dir')) return
  if (Object.keys(selector).length > 0) {
    const resource = pick(session, 'remove', config, kind, selector)
    if (resource) hold(session, removeResource(config, resource))
    return
  }
  const all = resourcesOf(config, kind)
  if (all.length === 0) return fail(session, `remove ${kind}: ${strerror.noResource}`)
  if (all.length > 1 && !options.has('F') && !mayRemoveAll(session, kind)) return
  hold(session, all.reduce(removeResource, config))
}

/** The one resource that a selector means; says why when there is not exactly one. */
function pick(
  session: SessionState,
  command: CommandName,
  config: ZoneConfig,
  kind: ResourceKind,
  selector: Record<string, string>,
) {
  const unknown = Object.keys(selector).find((name) => !knowsProperty(kind, name))
  const found = matching(config, kind, selector)
  const vague = resourceRule(kind).keys.length > 0 && Object.keys(selector).length === 0
  if (unknown !== undefined) fail(session, `${unknown}: ${strerror.noPropertyType}`)
  else if (vague || found.length > 1) fail(session, `${command} ${kind}: ${strerror.insufficient}`)
  else if (found.length === 0) fail(session, `${command} ${kind}: ${strerror.noResource}`)
  else return found[0]
  return undefined
}

function mayRemoveAll(session: SessionState, kind: ResourceKind): boolean {
  if (session.mode !== 'interactive') {
    fail(
      session,
      'There are multiple instances of this resource.  Either qualify the resource to\n' +
        'remove a single instance or use the -F option to remove all instances.',
    )
    return false
  }
  const answer = session.terminal.ask(`Are you sure you want to remove ALL '${kind}' resources`)
  if (answer === undefined) fail(session, 'Resource incomplete.')
  return answer === true
}

function valueOf(item: Item | undefined): Item['value'] {
  if (item?.name === undefined) return item?.value
  // `add options ro=x` is no value: an equals sign must be quoted
  return item.value ? undefined : { kind: 'simple', text: item.name }
}
