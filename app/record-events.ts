// What a host reports about its install.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { InstallEvent } from '#core/install.ts'
import { noteFailure } from './channels/note-failure.ts'
import { noteZones } from './channels/note-zones.ts'
import { plannedVersions } from './planned-versions.ts'
import { promoteDue } from './channels/promote-due.ts'
import type { ChannelStore, ZoneRegistry } from './ports/channels.ts'
import type { Install, InstallLog } from './ports/installs.ts'
import type { Clock } from './ports/queue.ts'

interface Needs {
  installs: InstallLog
  channels: ChannelStore
  zones: ZoneRegistry
  clock: Clock
  /** tells a webhook; nobody waits for it */
  post: (url: string, body: object) => Promise<void>
}

/** Reports in one message at most. */
const MAX_EVENTS = 1000

/**
 * One JSON object (on as many lines as it likes), a JSON array, or one object on each line.
 * @throws InvalidEvents, TooManyEvents
 */
export function parseEvents(text: string): InstallEvent[] {
  const events = [
    asJson(text) ??
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map(asJson),
  ].flat()
  if (events.length > MAX_EVENTS) {
    throw new ProvisionError(
      'too-large',
      'TooManyEvents',
      `got ${events.length} events, expected at most ${MAX_EVENTS}`,
    )
  }
  const parsed = z.array(InstallEvent).min(1).safeParse(events)
  if (parsed.success) return parsed.data
  throw new ProvisionError('invalid', 'InvalidEvents', `events: ${z.prettifyError(parsed.error)}`)
}

/**
 * Keeps the events and does what follows from them. Stops at the first that is refused; the same events may be sent again, and
 * what follows from one is done again then: a host that got no answer does not know how far we came.
 */
export async function recordEvents(
  install: Install,
  events: readonly InstallEvent[],
  needs: Needs,
): Promise<void> {
  for (const event of events) {
    await needs.installs.record(install.id, event)
    await noteZones(install, event, needs.clock.now(), needs.zones)
    await noteFailure(install, event, needs)
    if (event.step === 'install' && event.state === 'done') {
      const templates = plannedVersions(install.plan).map(({ template }) => template)
      await promoteDue(needs, templates)
    }
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
