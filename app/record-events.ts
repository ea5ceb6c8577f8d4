// What a host reports about its install.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { InstallEvent } from '#core/install.ts'
import type { Install, InstallLog } from './ports.ts'

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

/** Stops at the first that is refused; the same events may be sent again. */
export async function recordEvents(
  install: Install,
  events: readonly InstallEvent[],
  { installs }: { installs: InstallLog },
): Promise<void> {
  for (const event of events) await installs.record(install.id, event)
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
