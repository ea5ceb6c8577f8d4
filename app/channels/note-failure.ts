// What a failed install means for the candidate that it tried.
import { isCanary, lastGood } from '#core/channel/canary.ts'
import type { ChannelChange, ChannelMove, TemplateChannels } from '#core/channel/schema.ts'
import { stackOf } from '#core/channel/rollback.ts'
import { NOTICE } from '#core/install-state.ts'
import type { InstallEvent } from '#core/install.ts'
import type { VersionId } from '../ports/catalog.ts'
import type { ChannelStore, ZoneRegistry } from '../ports/channels.ts'
import type { Install, InstallLog } from '../ports/installs.ts'
import type { Clock } from '../ports/queue.ts'
import { plannedSystem, plannedZones } from './planned-zones.ts'
import { AUTOMATIC } from './promote-due.ts'

interface Needs {
  channels: ChannelStore
  installs: InstallLog
  zones: ZoneRegistry
  clock: Clock
  /** tells a webhook; nobody waits for it */
  post: (url: string, body: object) => Promise<void>
}

/** Said by finish-scripts/run.sh when a person or a shutdown ends the run. */
const INTERRUPTED = 'the run was interrupted by a signal'

/**
 * A candidate that failed is held back from automatic promotion; one that failed on a canary is the candidate no more: the
 * channel goes back to the last good version, and the install's timeline says so. One that was the candidate before is held back
 * too, so that no candidate goes back to it. May be told the same event again.
 */
export async function noteFailure(install: Install, event: InstallEvent, needs: Needs): Promise<void> {
  if (event.state !== 'failed' || event.step === NOTICE) return
  for (const { template, version } of await culprits(install, event, needs)) {
    const why = whatFailed(install.host, event)
    const made = await needs.channels.change(template, needs.clock.now(), (there) =>
      decide(there, version, install.host, why),
    )
    // whoever was told this before may have died before it told anybody else
    const moves = made.length > 0 ? made : await movesBefore(install, { template, version }, why, needs)
    for (const move of moves) await tell(install, event, move, needs)
  }
}

/** What finish-scripts/unpack.sh says last when the server or the network went away. */
const BROKE_OFF = /the transfer of \S+ broke off$/

/** Steps on a zone that is there, made in this run or in one before, maybe from another version than the plan's. */
const stepsOnZone: readonly string[] = ['identity', 'sysidcfg', 'boot', 'wait', 'smoke']

/**
 * The versions that a failure speaks against. A step of a zone: the one that the zone is made of; of the system: the one that
 * the host is installed with. The step `check`, a signal, and a transfer that broke off: none, the host was not fit, somebody
 * stopped it, or the network is to blame. The whole run: all of the plan, unless a step of it failed.
 */
async function culprits(
  install: Install,
  { step, zone, message = '' }: InstallEvent,
  { installs, zones: registry }: Pick<Needs, 'installs' | 'zones'>,
): Promise<VersionId[]> {
  if (step === 'rollback' || message.startsWith(INTERRUPTED)) return []
  if ((step === 'fetch' || step === 'system') && BROKE_OFF.test(message.trimEnd())) return []
  const { zones, flashZones } = plannedZones(install.plan)
  const system = plannedSystem(install.plan)
  if (step === 'system') return system ? [system] : []
  if (zone !== undefined) {
    const planned = [...zones, ...flashZones].find((one) => one.zone === zone)
    if (!planned) return []
    const there = (await registry.list({ host: install.host })).find((one) => one.zone === zone)
    if (!there || !stepsOnZone.includes(step)) return [planned]
    return there.template === planned.template ? [there] : []
  }
  if (step !== 'install') return []
  const events = await installs.events(install.id)
  const isPartial = events.some((one) => one.state === 'failed' && !['install', NOTICE].includes(one.step))
  const byTemplate = new Map(
    [...zones, ...(system ? [system] : [])].map(({ template, version }) => [template, { template, version }]),
  )
  return isPartial ? [] : [...byTemplate.values()]
}

/** What was done when the same was reported before. */
async function movesBefore(
  { armedAt }: Install,
  { template, version }: VersionId,
  why: string,
  { channels }: Needs,
): Promise<ChannelMove[]> {
  const { moves } = await channels.read(template)
  return moves
    .filter(
      (move) =>
        move.actor === AUTOMATIC &&
        move.why === why &&
        move.at >= armedAt &&
        (move.kind === 'canary-back' ? move.from === version : move.kind === 'hold' && move.to === version),
    )
    .slice(-1)
}

/** `h1: smoke of mysql01 failed: mysqladmin: connect failed` */
function whatFailed(host: string, { step, zone, message = '' }: InstallEvent): string {
  const line = message.split('\n').findLast((text) => text.trim() !== '')
  const what = `${host}: ${step}${zone === undefined ? '' : ` of ${zone}`} failed`
  return line === undefined ? what : `${what}: ${line.trim().slice(0, 300)}`
}

function decide(
  there: TemplateChannels,
  version: string,
  host: string,
  why: string,
): ChannelChange | undefined {
  const heldBack = there.versions.find((one) => one.version === version)?.heldBack
  if (there.channels['candidate'] !== version)
    return heldBack === undefined && mayComeBack(there, version) ? { hold: { version, why } } : undefined
  const back = isCanary(there, host) ? lastGood(there) : undefined
  const entry = { channel: 'candidate', actor: AUTOMATIC, why }
  if (back !== undefined)
    return { moves: [{ ...entry, to: back, kind: 'canary-back' }], hold: { version, why } }
  if (heldBack !== undefined || isEverywhere(there, version)) return undefined
  return { moves: [{ ...entry, to: version, kind: 'hold' }], hold: { version, why } }
}

/** It was the candidate, and the next one that fails would make it the last good version. */
const mayComeBack = (there: TemplateChannels, version: string): boolean =>
  stackOf(there.moves, 'candidate').includes(version) && !Object.values(there.channels).includes(version)

/** Every channel points at it: there is nothing to hold it back from. */
const isEverywhere = ({ channels }: TemplateChannels, version: string): boolean =>
  Object.values(channels).every((one) => one === version)

async function tell(
  install: Install,
  event: InstallEvent,
  { template, kind, from, to }: ChannelMove,
  { installs, channels, post }: Needs,
): Promise<void> {
  const message =
    kind === 'canary-back'
      ? `${template}@candidate goes back from ${from} to ${to}: this host is a canary, and ${event.step} failed`
      : `${template}@${to} is not promoted by itself any more: ${event.step} failed`
  if ((await installs.events(install.id)).some((one) => one.step === NOTICE && one.message === message))
    return
  const { hooks } = await channels.read(template)
  const body = { event: kind, template, from, to, host: install.host, install: install.id, message }
  for (const hook of hooks) void post(hook, body)
  await installs.record(install.id, {
    id: `notice-${event.id}`.slice(0, 64),
    step: NOTICE,
    state: 'done',
    ...(event.zone !== undefined && { zone: event.zone }),
    message,
  })
}
