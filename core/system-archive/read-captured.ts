// Understands the configuration that a zone was captured with.
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from '../zone/config.ts'
import { replayCommands } from '../zone/replay.ts'

/** The configuration, or why zonecfg's own text is not understood here. */
export function readCaptured(
  { name, zonecfg }: { name: string; zonecfg: string },
  release: OsRelease,
): ZoneConfig | { problem: string } {
  try {
    return replayCommands(zonecfg, { zone: name, release })
  } catch (error) {
    if (error instanceof ProvisionError) return { problem: error.message }
    throw error
  }
}
