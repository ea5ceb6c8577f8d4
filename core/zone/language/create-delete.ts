// A configuration as a whole: create starts it, delete removes it, revert goes back to the saved one.
import { ProvisionError } from '../../errors.ts'
import type { ZoneConfig } from '../config.ts'
import { abort, fail, scopeUsage, shortUsage } from './complaints.ts'
import { hold, load } from './in-hand.ts'
import { strerror } from './messages.ts'
import { readOptions } from './outcome.ts'
import type { Item } from './parse-line.ts'
import type { SessionState } from './session-state.ts'
import { atLeast } from './world.ts'

export function createZone(session: SessionState, items: readonly Item[]): void {
  const { options, operands } = readOptions(items, 'a:bFt:X') ?? {}
  if (!options || operands?.length !== 0) return shortUsage(session, 'create')
  if (session.scope) return scopeUsage(session, 'create')
  if (!mayCreate(session, options.has('F'))) return
  try {
    const found = sourceOf(session, options)
    if (found) hold(session, { ...found, name: session.zone })
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    if (options.has('a')) fail(session, 'Cannot attach to an earlier release of the operating system')
    else fail(session, `${options.get('t') ?? session.zone}: ${strerror.invalidDocument}`)
  }
}

/** What a new configuration starts from; says why when there is nothing. */
function sourceOf(session: SessionState, options: ReadonlyMap<string, string>): ZoneConfig | undefined {
  const path = options.get('a')
  if (path !== undefined) {
    const detached = session.world.readDetached(path)
    if (!detached) {
      fail(session, 'invalid path to detached zone')
      return undefined
    }
    const elements = detached.elements.filter(({ tag }) => tag !== 'package' && tag !== 'patch')
    return { ...detached, zonepath: path, elements }
  }
  const name = options.has('X')
    ? session.zone
    : (options.get('t') ?? (options.has('b') ? 'SUNWblank' : 'SUNWdefault'))
  const found = session.world.readConfig(name)
  if (!found) fail(session, `${name}: ${strerror.noZone}`)
  return found
}

function mayCreate(session: SessionState, force: boolean): boolean {
  const state = session.world.stateOf(session.zone)
  if (state === undefined) return true
  if (atLeast(state, 'installed')) {
    fail(session, `Zone ${session.zone} already installed; create not allowed.`)
    return false
  }
  if (force) {
    session.terminal.out(`Zone ${session.zone} already exists; overwriting.\n`)
    return true
  }
  const answer = session.terminal.ask(`Zone ${session.zone} already exists; create anyway`)
  if (answer !== undefined) return answer
  abort(
    session,
    'Zone exists, input not from terminal and -F not specified:\ncreate command ignored, exiting.',
  )
  return false
}

export function deleteZone(session: SessionState, items: readonly Item[]): void {
  const { options, operands } = readOptions(items, 'F') ?? {}
  if (!options || operands?.length !== 0) return shortUsage(session, 'delete')
  const force = options.has('F')
  const zone = session.zone
  if (!force) {
    if (!load(session)) return
    const answer = session.terminal.ask(`Are you sure you want to delete zone ${zone}`)
    if (answer === undefined) {
      return abort(session, 'Input not from terminal and -F not specified:\ndelete command ignored, exiting.')
    }
    if (!answer) return
  }
  const state = session.world.stateOf(zone)
  if (state === undefined) {
    // a configuration that was never committed is dropped
    if (!session.config) return fail(session, `${zone}: ${strerror.noZone}`)
  } else if (atLeast(state, 'ready')) {
    return fail(session, `${zone}: ${strerror.badState}`)
  } else if (state !== 'configured' && !force) {
    return fail(session, `Zone ${zone} not in configured state; delete not allowed.  Use -F to force delete.`)
  } else {
    session.world.destroy(zone)
  }
  session.config = undefined
  session.scope = undefined
  session.changed = false
}

export function revertZone(session: SessionState, items: readonly Item[]): void {
  const { options, operands } = readOptions(items, 'F') ?? {}
  if (!options || operands?.length !== 0) return shortUsage(session, 'revert')
  if (session.scope) {
    return fail(
      session,
      "You can only use revert in the global scope.\nUse 'cancel' to cancel changes to a resource specification.",
    )
  }
  if (!session.config) return fail(session, 'No changes to revert.')
  if (!options.has('F')) {
    const answer = session.terminal.ask('Are you sure you want to revert')
    if (answer === undefined) {
      return abort(session, 'Input not from terminal and -F not specified:\nrevert command ignored, exiting.')
    }
    if (!answer) return
  }
  session.zone = session.savedZone
  session.changed = false
  session.config = session.world.readConfig(session.savedZone)
  if (!session.config) fail(session, `${session.savedZone}: no such saved zone to revert to.`)
}
